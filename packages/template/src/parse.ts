import { TemplateError } from "./errors.ts";
import { isKeyword, lex } from "./lex.ts";
import type { Token, TokenKind } from "./lex.ts";
import type { Limits } from "./limits.ts";
import { parseChar, parseNumber, parseQuoted } from "./literal.ts";
import { formatNode } from "./nodes.ts";
import type {
  ActionNode,
  BranchNode,
  CommandNode,
  ListNode,
  NumberNode,
  Operand,
  PipeNode,
  Statement,
  TemplateNode,
  VariableNode,
} from "./nodes.ts";
import { quote } from "./quote.ts";

/** One named template: its tree and the text that positions in the tree refer to. */
export interface Definition {
  readonly name: string;
  /** The name under which the text was parsed: the file, for a `define` in a file. */
  readonly parseName: string;
  readonly source: string;
  readonly root: ListNode;
}

export interface ParseOptions {
  /** Whether a name is a function; unknown functions are errors of the text, not of the execution. */
  readonly isFunction: (name: string) => boolean;
  readonly limits: Limits;
  /** Variables that exist before the text, with their dollar. */
  readonly variables?: readonly string[];
}

/** What a text holds: its own template and those that it defines, and how many nodes they have. */
export interface ParsedText {
  readonly definitions: readonly Definition[];
  readonly nodes: number;
}

/**
 * Parses a template's text by the grammar of Go's text/template. Throws TemplateError. The first
 * definition is the text itself; definitions made by `define` and `block` follow.
 */
export function parse(name: string, source: string, options: ParseOptions): ParsedText {
  if (source.length > options.limits.source) {
    const reason = `is longer than ${options.limits.source} characters`;
    throw new TemplateError(`template: ${name}: ${reason}`, {
      template: name,
      line: 1,
      column: 0,
      reason,
    });
  }
  return new Parser(name, source, options).run();
}

type Terminator = { readonly type: "end" | "else"; readonly at: number };

class Parser {
  readonly #name: string;
  readonly #source: string;
  readonly #options: ParseOptions;
  readonly #tokens: readonly Token[];
  readonly #definitions = new Map<string, Definition>();
  #cursor = 0;
  #variables: string[];
  #loops = 0;
  #depth = 0;
  #nodes = 0;
  /** The line of the action that is being read, for errors that show up lines later. */
  #actionLine = 0;

  constructor(name: string, source: string, options: ParseOptions) {
    this.#name = name;
    this.#source = source;
    this.#options = options;
    this.#tokens = lex(source);
    this.#variables = ["$", ...(options.variables ?? [])];
  }

  run(): ParsedText {
    const nodes: Statement[] = [];
    while (this.#peek().kind !== "eof") {
      const token = this.#peek();
      if (token.kind === "left delimiter") {
        const start = this.#cursor;
        this.#next();
        if (this.#nextNonSpace().kind === "define") {
          this.#definition();
          continue;
        }
        this.#cursor = start;
      }
      const node = this.#textOrAction();
      if (isTerminator(node)) this.#fail(`unexpected {{${node.type}}}`);
      nodes.push(node);
    }
    const own = this.#define(this.#name, { type: "list", at: 0, nodes });
    const others = [...this.#definitions.values()].filter((definition) => definition !== own);
    return { definitions: own === undefined ? others : [own, ...others], nodes: this.#nodes };
  }

  #definition(): void {
    const context = "define clause";
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    this.#expect("right delimiter", context);
    const outer = this.#variables;
    const loops = this.#loops;
    this.#variables = ["$"];
    this.#loops = 0;
    const { list, terminator } = this.#itemList();
    if (terminator.type !== "end") this.#fail(`unexpected {{else}} in ${context}`);
    this.#variables = outer;
    this.#loops = loops;
    this.#define(name, list);
  }

  /** Records a template. An empty one never replaces one with content; two with content are an error. */
  #define(name: string, root: ListNode): Definition | undefined {
    const before = this.#definitions.get(name);
    if (before !== undefined && !isEmpty(before.root)) {
      if (isEmpty(root)) return undefined;
      this.#fail(`template: multiple definition of template ${quote(name)}`);
    }
    const definition = { name, parseName: this.#name, source: this.#source, root };
    this.#definitions.set(name, definition);
    return definition;
  }

  #itemList(): { readonly list: ListNode; readonly terminator: Terminator } {
    this.#enter();
    const at = this.#peekNonSpace().at;
    const nodes: Statement[] = [];
    while (this.#peekNonSpace().kind !== "eof") {
      const node = this.#textOrAction();
      if (isTerminator(node)) {
        this.#depth -= 1;
        return { list: { type: "list", at, nodes }, terminator: node };
      }
      nodes.push(node);
    }
    this.#fail("unexpected EOF");
  }

  #textOrAction(): Statement | Terminator {
    this.#count();
    const token = this.#nextNonSpace();
    if (token.kind === "text") return { type: "text", at: token.at, text: token.text };
    if (token.kind !== "left delimiter") this.#unexpected(token, "input");
    this.#actionLine = token.line;
    const action = this.#action();
    this.#actionLine = 0;
    return action;
  }

  #action(): Statement | Terminator {
    const token = this.#nextNonSpace();
    switch (token.kind) {
      case "block":
        return this.#block();
      case "break":
      case "continue":
        return this.#loopControl(token.kind, token.at);
      case "else":
        return this.#else();
      case "end":
        return { type: "end", at: this.#expect("right delimiter", "end").at };
      case "if":
      case "with":
      case "range":
        return this.#branch(token.kind);
      case "template":
        return this.#template();
      default: {
        this.#backup();
        const at = this.#peek().at;
        const pipe = this.#pipeline("command", "right delimiter");
        return { type: "action", at, pipe } satisfies ActionNode;
      }
    }
  }

  #loopControl(type: "break" | "continue", at: number): Statement {
    const token = this.#nextNonSpace();
    if (token.kind !== "right delimiter") this.#unexpected(token, `{{${type}}}`);
    if (this.#loops === 0) this.#fail(`{{${type}}} outside {{range}}`);
    return { type, at };
  }

  #branch(type: "if" | "with" | "range"): BranchNode {
    const outer = this.#variables.length;
    const pipe = this.#pipeline(type, "right delimiter");
    if (type === "range") this.#loops += 1;
    let { list, terminator } = this.#itemList();
    if (type === "range") this.#loops -= 1;
    let otherwise: ListNode | undefined;
    if (terminator.type === "else") {
      const next = this.#peekNonSpace();
      if (type !== "range" && next.kind === type) {
        // `{{else if}}` is `{{else}}{{if}}` that shares its `{{end}}`; `{{else with}}` likewise.
        this.#nextNonSpace();
        this.#enter();
        this.#count();
        const nested = this.#branch(type);
        this.#depth -= 1;
        otherwise = { type: "list", at: terminator.at, nodes: [nested] };
      } else {
        if (next.kind !== "right delimiter") this.#unexpected(this.#nextNonSpace(), "else");
        this.#nextNonSpace();
        ({ list: otherwise, terminator } = this.#itemList());
        if (terminator.type !== "end") this.#fail(`expected end; found {{else}}`);
      }
    }
    this.#variables.length = outer;
    return { type, at: pipe.at, pipe, list, otherwise };
  }

  /** `{{else`: what may follow is for the branch that it belongs to. */
  #else(): Terminator {
    const next = this.#peekNonSpace();
    if (next.kind === "if" || next.kind === "with") return { type: "else", at: next.at };
    if (next.kind !== "right delimiter") this.#unexpected(this.#nextNonSpace(), "else");
    return { type: "else", at: next.at };
  }

  #block(): TemplateNode {
    const context = "block clause";
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.#pipeline(context, "right delimiter");
    const outer = this.#variables;
    const loops = this.#loops;
    this.#variables = ["$"];
    this.#loops = 0;
    const { list, terminator } = this.#itemList();
    if (terminator.type !== "end") this.#fail(`unexpected {{else}} in ${context}`);
    this.#variables = outer;
    this.#loops = loops;
    this.#define(name, list);
    return { type: "template", at: token.at, name, pipe };
  }

  #template(): TemplateNode {
    const context = "template clause";
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    if (this.#nextNonSpace().kind === "right delimiter")
      return { type: "template", at: token.at, name, pipe: undefined };
    this.#backup();
    const pipe = this.#pipeline(context, "right delimiter");
    return { type: "template", at: token.at, name, pipe };
  }

  #templateName(token: Token, context: string): string {
    if (token.kind !== "string" && token.kind !== "raw string") this.#unexpected(token, context);
    return this.#unquote(token);
  }

  #pipeline(context: string, end: "right delimiter" | "right paren"): PipeNode {
    this.#enter();
    const at = this.#peekNonSpace().at;
    const { variables, isAssign } = this.#declarations(context);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.kind === end) {
        this.#checkPipeline(commands, context);
        this.#depth -= 1;
        return { type: "pipe", at, variables, isAssign, commands };
      }
      if (!STARTS_OPERAND.has(token.kind)) this.#unexpected(token, context);
      this.#backup();
      commands.push(this.#command());
    }
  }

  #declarations(context: string): { variables: VariableNode[]; isAssign: boolean } {
    const variables: VariableNode[] = [];
    for (;;) {
      const start = this.#cursor;
      const token = this.#peekNonSpace();
      if (token.kind !== "variable") return { variables, isAssign: false };
      this.#nextNonSpace();
      const declare = () => {
        variables.push({ type: "variable", at: token.at, name: token.text, fields: [] });
        this.#variables.push(token.text);
      };
      const next = this.#peekNonSpace();
      if (next.kind === "assign" || next.kind === "declare") {
        this.#nextNonSpace();
        declare();
        return { variables, isAssign: next.kind === "assign" };
      }
      if (next.kind === "char" && next.text === ",") {
        this.#nextNonSpace();
        declare();
        if (context !== "range" || variables.length >= 2)
          this.#fail(`too many declarations in ${context}`);
        const after = this.#peekNonSpace().kind;
        if (after !== "variable" && after !== "right delimiter" && after !== "right paren")
          this.#fail("range can only initialize variables");
        continue;
      }
      this.#cursor = start;
      return { variables, isAssign: false };
    }
  }

  #checkPipeline(commands: readonly CommandNode[], context: string): void {
    if (commands.length === 0) this.#fail(`missing value for ${context}`);
    for (const [index, command] of commands.entries()) {
      if (index > 0 && CONSTANTS.has(command.args[0].type))
        this.#fail(`non executable command in pipeline stage ${index + 1}`);
    }
  }

  #command(): CommandNode {
    const at = this.#peekNonSpace().at;
    const args: Operand[] = [];
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const token = this.#next();
      if (token.kind === "space") continue;
      if (token.kind === "right delimiter" || token.kind === "right paren") this.#backup();
      else if (token.kind !== "pipe") this.#unexpected(token, "operand");
      const [first, ...rest] = args;
      if (first === undefined) this.#fail("empty command");
      return { type: "command", at, args: [first, ...rest] };
    }
  }

  #operand(): Operand | undefined {
    this.#count();
    const node = this.#term();
    if (node === undefined || this.#peek().kind !== "field") return node;
    const at = this.#peek().at;
    const fields: string[] = [];
    while (this.#peek().kind === "field") fields.push(this.#next().text.slice(1));
    switch (node.type) {
      case "field":
        return { type: "field", at, fields: [...node.fields, ...fields] };
      case "variable":
        return { type: "variable", at, name: node.name, fields: [...node.fields, ...fields] };
      case "bool":
      case "string":
      case "number":
      case "nil":
      case "dot":
        this.#fail(`unexpected . after term ${quote(formatNode(node))}`);
        break;
      default:
        return { type: "chain", at, node, fields };
    }
  }

  #term(): Operand | undefined {
    const token = this.#nextNonSpace();
    const { at, text } = token;
    switch (token.kind) {
      case "identifier":
        if (!this.#options.isFunction(text)) this.#fail(`function ${quote(text)} not defined`);
        return { type: "identifier", at, name: text };
      case "dot":
        return { type: "dot", at };
      case "nil":
        return { type: "nil", at };
      case "variable":
        if (!this.#variables.includes(text)) this.#fail(`undefined variable ${quote(text)}`);
        return { type: "variable", at, name: text, fields: [] };
      case "field":
        return { type: "field", at, fields: [text.slice(1)] };
      case "bool":
        return { type: "bool", at, value: text === "true" };
      case "character constant":
        return this.#literal(() => ({ type: "number", at, text, ...parseChar(text) }));
      case "number":
        return this.#literal(() => ({ type: "number", at, text, ...parseNumber(text) }));
      case "left paren":
        return this.#pipeline("parenthesized pipeline", "right paren");
      case "string":
      case "raw string":
        return { type: "string", at, source: text, value: this.#unquote(token) };
      default:
        this.#backup();
        return undefined;
    }
  }

  #unquote(token: Token): string {
    return token.kind === "raw string"
      ? token.text.slice(1, -1).replaceAll("\r", "")
      : this.#literal(() => parseQuoted(token.text));
  }

  #literal<T extends NumberNode | string>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof SyntaxError) this.#fail(error.message);
      throw error;
    }
  }

  #peek(): Token {
    return this.#tokens[this.#cursor] ?? this.#last();
  }

  #next(): Token {
    const token = this.#peek();
    this.#cursor += 1;
    return token;
  }

  #nextNonSpace(): Token {
    let token = this.#next();
    while (token.kind === "space") token = this.#next();
    return token;
  }

  #peekNonSpace(): Token {
    while (this.#peek().kind === "space") this.#cursor += 1;
    return this.#peek();
  }

  #backup(): void {
    this.#cursor -= 1;
  }

  /** The token that ends the stream: the end of the text or the lexer's error. */
  #last(): Token {
    const last = this.#tokens.at(-1);
    if (last === undefined) throw new Error("the lexer made no token");
    return last;
  }

  #expect(kind: TokenKind, context: string): Token {
    const token = this.#nextNonSpace();
    if (token.kind !== kind) this.#unexpected(token, context);
    return token;
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > this.#options.limits.nesting)
      this.#fail(`nested more than ${this.#options.limits.nesting} deep`);
  }

  #count(): void {
    this.#nodes += 1;
    if (this.#nodes > this.#options.limits.nodes)
      this.#fail(`has more than ${this.#options.limits.nodes} nodes`);
  }

  #unexpected(token: Token, context: string): never {
    if (token.kind === "error") {
      const extra =
        this.#actionLine !== 0 && this.#actionLine !== token.line
          ? ` in action started at ${this.#name}:${this.#actionLine}`
          : "";
      this.#fail(`${token.text}${extra}`, token);
    }
    this.#fail(`unexpected ${formatToken(token)} in ${context}`, token);
  }

  #fail(reason: string, token: Token = this.#tokens[this.#cursor - 1] ?? this.#peek()): never {
    this.#throw(`template: ${this.#name}:${token.line}: ${reason}`, token.line, reason, token.at);
  }

  #throw(message: string, line: number, reason: string, at = 0): never {
    const lineStart = this.#source.lastIndexOf("\n", at - 1) + 1;
    const column = at === 0 ? 0 : at - lineStart;
    throw new TemplateError(message, { template: this.#name, line, column, reason });
  }
}

const STARTS_OPERAND: ReadonlySet<TokenKind> = new Set<TokenKind>([
  "bool",
  "character constant",
  "dot",
  "field",
  "identifier",
  "number",
  "nil",
  "raw string",
  "string",
  "variable",
  "left paren",
]);

/** Operands that cannot take the value of the pipeline's stage before them. */
const CONSTANTS: ReadonlySet<Operand["type"]> = new Set<Operand["type"]>([
  "bool",
  "dot",
  "nil",
  "number",
  "string",
]);

function isTerminator(node: Statement | Terminator): node is Terminator {
  return node.type === "end" || node.type === "else";
}

function isEmpty(list: ListNode): boolean {
  return list.nodes.every((node) => node.type === "text" && node.text.trim() === "");
}

function formatToken(token: Token): string {
  if (token.kind === "eof") return "EOF";
  if (isKeyword(token.kind) || token.kind === "dot") return `<${token.text}>`;
  const chars = Array.from(token.text);
  return chars.length > 10 ? `${quote(chars.slice(0, 10).join(""))}...` : quote(token.text);
}
