import { BUILTINS } from "./builtins.ts";
import { LimitError, TemplateError } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { HtmlContext } from "./html-context.ts";
import type { Trust } from "./html-context.ts";
import { formatNode } from "./nodes.ts";
import type {
  BranchNode,
  ChainNode,
  CommandNode,
  FieldNode,
  IdentifierNode,
  ListNode,
  Node,
  NumberNode,
  Operand,
  PipeNode,
  Statement,
  TemplateNode,
  VariableNode,
} from "./nodes.ts";
import { convert, PARAMETER_NAMES } from "./parameter.ts";
import type { Definition } from "./parse.ts";
import { Output, printValue } from "./print.ts";
import { quote } from "./quote.ts";
import { durationMethods, timeMethods } from "./time-methods.ts";
import { FunctionValue, isTrue, SAFE_HTML, StructValue, typeName } from "./values.ts";
import type { Callable, FunctionSet, Methods, ParameterType, Run, Value } from "./values.ts";

/** What an absent map key gives: nothing (`<no value>`), the element's zero value, or an error. */
export type MissingKey = "default" | "zero" | "error";

export interface ExecuteOptions {
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly functions: FunctionSet;
  readonly missingKey: MissingKey;
  readonly limits: Limits;
  /** Variables that exist before the text, with their dollar. */
  readonly variables: ReadonlyMap<string, Value>;
  /** Results of asynchronous loads that have finished, by key; undefined where nothing may be loaded. */
  readonly loaded: ReadonlyMap<string, LoadResult> | undefined;
  /** Whether the output is HTML, in which printed values are escaped for their place. */
  readonly html: boolean;
}

export type LoadResult = { readonly value: Value } | { readonly error: Error };

/** Stops an execution that needs a load; the caller performs it and executes again. */
export class Suspended extends Error {
  override readonly name = "Suspended";
  readonly key: string;
  readonly start: () => Promise<Value>;

  constructor(key: string, start: () => Promise<Value>) {
    super(`waits for ${key}`);
    this.key = key;
    this.start = start;
  }
}

/** Executes one definition with the data as dot. Throws TemplateError. */
export function execute(definition: Definition, data: Value, options: ExecuteOptions): string {
  return new Execution(options).run(definition, data);
}

/** No pipeline value: the first command of a pipeline has no final argument. */
const MISSING = Symbol("missing");
type Final = Value | typeof MISSING;

type Flow = "next" | "break" | "continue";

interface Variable {
  readonly name: string;
  value: Value;
}

class Execution implements Run {
  readonly #options: ExecuteOptions;
  readonly #out: Output;
  #definition: Definition | undefined;
  #variables: Variable[] = [];
  /** The node that errors are reported at. */
  #node: Node | undefined;
  #steps = 0;
  #depth = 0;
  readonly maxString: number;
  readonly html: boolean;
  readonly #context: HtmlContext | undefined;

  constructor(options: ExecuteOptions) {
    this.#options = options;
    this.html = options.html;
    this.#context = options.html ? new HtmlContext() : undefined;
    this.#out = new Output(options.limits.output);
    this.maxString = options.limits.output;
  }

  run(definition: Definition, data: Value): string {
    this.#definition = definition;
    this.#variables = [
      { name: "$", value: data },
      ...[...this.#options.variables].map(([name, value]) => ({ name, value })),
    ];
    try {
      this.#list(data, definition.root);
    } catch (error) {
      if (error instanceof TemplateError || error instanceof Suspended) throw error;
      if (error instanceof LimitError) this.#fail(error.message, error);
      throw error;
    }
    return this.#out.text;
  }

  charge(characters: number): void {
    this.#steps += 1 + characters / 16;
    if (this.#steps > this.#options.limits.steps)
      throw new LimitError(`takes more than ${this.#options.limits.steps} steps`);
  }

  load(key: string, start: () => Promise<Value>): Value {
    const { loaded, limits } = this.#options;
    if (loaded === undefined) throw new Error("nothing can be queried here");
    const result = loaded.get(key);
    if (result === undefined) {
      if (loaded.size >= limits.loads)
        throw new LimitError(`makes more than ${limits.loads} queries`);
      throw new Suspended(key, start);
    }
    if ("error" in result) throw result.error;
    return result.value;
  }

  #list(dot: Value, list: ListNode): Flow {
    for (const node of list.nodes) {
      const flow = this.#statement(dot, node);
      if (flow !== "next") return flow;
    }
    return "next";
  }

  #statement(dot: Value, node: Statement): Flow {
    this.#at(node);
    this.charge(0);
    switch (node.type) {
      case "text":
        this.#out.write(node.text);
        this.#context?.literal(node.text);
        return "next";
      case "action": {
        const value = this.#pipeline(dot, node.pipe);
        if (node.pipe.variables.length === 0) this.#print(node, node.pipe, value);
        return "next";
      }
      case "if":
      case "with":
        return this.#ifOrWith(dot, node);
      case "range":
        return this.#range(dot, node);
      case "template":
        this.#template(dot, node);
        return "next";
      case "break":
      case "continue":
        return node.type;
    }
  }

  #ifOrWith(dot: Value, node: BranchNode): Flow {
    const mark = this.#variables.length;
    const value = this.#pipeline(dot, node.pipe);
    let flow: Flow = "next";
    if (isTrue(value)) flow = this.#list(node.type === "with" ? value : dot, node.list);
    else if (node.otherwise !== undefined) flow = this.#list(dot, node.otherwise);
    this.#variables.length = mark;
    return flow;
  }

  #range(dot: Value, node: BranchNode): Flow {
    const outer = this.#variables.length;
    const value = this.#pipeline(dot, node.pipe);
    const mark = this.#variables.length;
    let iterations = 0;
    let flow: Flow = "next";
    for (const [index, element] of this.#iterate(value, node)) {
      iterations += 1;
      this.charge(0);
      this.#bindLoop(node.pipe, index, element);
      const result = this.#list(element, node.list);
      this.#variables.length = mark;
      if (result === "break") break;
    }
    if (iterations === 0 && node.otherwise !== undefined) flow = this.#list(dot, node.otherwise);
    this.#variables.length = outer;
    return flow;
  }

  /** `$index, $element`: the pipeline has declared them; each iteration gives them their values. */
  #bindLoop(pipe: PipeNode, index: Value, element: Value): void {
    const [first, second] = pipe.variables;
    if (first === undefined) return;
    const [forFirst, forSecond] = second === undefined ? [element, undefined] : [index, element];
    if (pipe.isAssign) {
      this.#assign(first.name, forFirst);
      if (second !== undefined) this.#assign(second.name, forSecond);
      return;
    }
    const declared = this.#variables.slice(-pipe.variables.length);
    if (declared[0] !== undefined) declared[0].value = forFirst;
    if (second !== undefined && declared[1] !== undefined) declared[1].value = forSecond;
  }

  *#iterate(value: Value, node: BranchNode): Generator<readonly [Value, Value]> {
    if (value === undefined || value === null) return;
    if (typeof value === "bigint") {
      if (node.pipe.variables.length > 1)
        this.#fail(`can't use ${value} to iterate over more than one variable`);
      for (let i = 0n; i < value; i += 1n) yield [i, i];
      return;
    }
    if (typeof value === "object" && value.kind === "list") {
      for (const [index, item] of value.items.entries()) yield [BigInt(index), item];
      return;
    }
    if (typeof value === "object" && value.kind === "map") {
      for (const key of value.sortedKeys()) yield [key, value.entries.get(key)];
      return;
    }
    this.#fail(`range can't iterate over ${this.#show(value)}`);
  }

  #template(dot: Value, node: TemplateNode): void {
    const definition = this.#options.definitions.get(node.name);
    if (definition === undefined) this.#fail(`template ${quote(node.name)} not defined`);
    const { depth } = this.#options.limits;
    if (this.#depth >= depth) this.#fail(`exceeded maximum template depth (${depth})`);
    const data = node.pipe === undefined ? undefined : this.#pipeline(dot, node.pipe);
    const outer = { definition: this.#definition, variables: this.#variables };
    this.#depth += 1;
    this.#definition = definition;
    this.#variables = [{ name: "$", value: data }];
    this.#list(data, definition.root);
    this.#depth -= 1;
    this.#definition = outer.definition;
    this.#variables = outer.variables;
  }

  #pipeline(dot: Value, pipe: PipeNode): Value {
    this.#at(pipe);
    let value: Final = MISSING;
    for (const command of pipe.commands) {
      value = this.#command(dot, command, value);
      // An interface that holds nothing is no value once it has left its field.
      if (value === null) value = undefined;
    }
    const result = value === MISSING ? undefined : value;
    for (const variable of pipe.variables) {
      if (pipe.isAssign) this.#assign(variable.name, result);
      else this.#variables.push({ name: variable.name, value: result });
    }
    return result;
  }

  #command(dot: Value, command: CommandNode, final: Final): Value {
    const [first, ...args] = command.args;
    switch (first.type) {
      case "field":
        return this.#field(dot, first, args, final);
      case "chain":
        return this.#chain(dot, first, args, final);
      case "identifier":
        return this.#function(dot, first, command, args, final);
      case "variable":
        return this.#variable(dot, first, args, final);
      default:
        break;
    }
    if (args.length > 0 || final !== MISSING)
      this.#fail(`can't give argument to non-function ${formatNode(first)}`);
    if (first.type === "pipe") return this.#pipeline(dot, first);
    this.#at(first);
    switch (first.type) {
      case "bool":
        return first.value;
      case "dot":
        return dot;
      case "nil":
        return this.#fail("nil is not a command");
      case "number":
        return this.#constant(first);
      case "string":
        return first.value;
    }
  }

  /** A number whose type nothing else decides. */
  #constant(node: NumberNode): Value {
    this.#at(node);
    return node.isFloat || node.int === undefined ? node.float : node.int;
  }

  #field(dot: Value, node: FieldNode, args: readonly Operand[], final: Final): Value {
    this.#at(node);
    return this.#fields(dot, dot, node, node.fields, args, final);
  }

  #chain(dot: Value, node: ChainNode, args: readonly Operand[], final: Final): Value {
    this.#at(node);
    const target = this.#argument(dot, "any", node.node);
    return this.#fields(dot, target, node, node.fields, args, final);
  }

  #variable(dot: Value, node: VariableNode, args: readonly Operand[], final: Final): Value {
    this.#at(node);
    const value = this.#lookup(node.name);
    if (node.fields.length > 0) return this.#fields(dot, value, node, node.fields, args, final);
    if (args.length > 0 || final !== MISSING)
      this.#fail(`can't give argument to non-function ${formatNode(node)}`);
    return value;
  }

  #fields(
    dot: Value,
    receiver: Value,
    node: Node,
    names: readonly string[],
    args: readonly Operand[],
    final: Final,
  ): Value {
    let value = receiver;
    for (const [index, name] of names.entries()) {
      const isLast = index === names.length - 1;
      value = this.#member(dot, value, node, name, isLast ? args : [], isLast ? final : MISSING);
    }
    return value;
  }

  /** A method, a field or a map's entry: only those that the value lists can be reached. */
  #member(
    dot: Value,
    receiver: Value,
    node: Node,
    name: string,
    args: readonly Operand[],
    final: Final,
  ): Value {
    if (receiver === undefined) {
      if (this.#options.missingKey === "error")
        this.#fail(`nil data; no entry for key ${quote(name)}`);
      return undefined;
    }
    if (receiver === null) this.#fail(`nil pointer evaluating interface {}.${name}`);
    if (typeof receiver === "object" && receiver.kind !== "func") {
      const methods = methodsOf(receiver);
      const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
      if (method !== undefined) return this.#call(dot, method, node, name, args, final);
      const hasArguments = args.length > 0 || final !== MISSING;
      if (receiver.kind === "struct" && receiver.fields.has(name)) {
        if (hasArguments) this.#fail(`${name} has arguments but cannot be invoked as function`);
        return receiver.fields.get(name);
      }
      if (receiver.kind === "map") {
        if (hasArguments) this.#fail(`${name} is not a method but has arguments`);
        if (receiver.entries.has(name)) return receiver.entries.get(name);
        if (this.#options.missingKey === "error")
          this.#fail(`map has no entry for key ${quote(name)}`);
        return this.#options.missingKey === "zero" ? receiver.zero : undefined;
      }
    }
    return this.#fail(`can't evaluate field ${name} in type ${typeName(receiver)}`);
  }

  /** `place` is where errors of the function itself are reported: the whole command. */
  #function(
    dot: Value,
    node: IdentifierNode,
    place: Node,
    args: readonly Operand[],
    final: Final,
  ): Value {
    this.#at(node);
    const { functions } = this.#options;
    const own = Object.hasOwn(functions, node.name) ? functions[node.name] : undefined;
    const builtin = Object.hasOwn(BUILTINS, node.name) ? BUILTINS[node.name] : undefined;
    const callable = own ?? builtin;
    if (callable === undefined) this.#fail(`${quote(node.name)} is not a defined function`);
    if (callable === builtin && (node.name === "and" || node.name === "or"))
      return this.#andOr(dot, node, callable, args, final);
    if (callable === builtin && node.name === "call")
      return this.#callValue(dot, place, args, final);
    return this.#call(dot, callable, place, node.name, args, final);
  }

  /** Evaluates arguments only until the answer is known. */
  #andOr(
    dot: Value,
    node: IdentifierNode,
    callable: Callable,
    args: readonly Operand[],
    final: Final,
  ): Value {
    this.#checkCount(callable, node.name, args.length, final);
    let value: Value;
    for (const argument of args) {
      value = this.#argument(dot, "any", argument);
      if (isTrue(value) === (node.name === "or")) return value;
    }
    return final === MISSING ? value : final;
  }

  /** `call function arguments…`. */
  #callValue(dot: Value, place: Node, args: readonly Operand[], final: Final): Value {
    const [target, ...rest] = args;
    const callee = target === undefined ? final : this.#argument(dot, "any", target);
    if (callee === MISSING) this.#fail("wrong number of args for call: want at least 1 got 0");
    if (!(callee instanceof FunctionValue)) {
      this.#at(place);
      this.#fail(`error calling call: non-function of type ${typeName(callee)}`);
    }
    const last = target === undefined ? MISSING : final;
    return this.#call(dot, callee.callable, place, "call", rest, last);
  }

  #call(
    dot: Value,
    callable: Callable,
    node: Node,
    name: string,
    args: readonly Operand[],
    final: Final,
  ): Value {
    const { parameters, rest } = callable;
    this.#checkCount(callable, name, args.length, final);
    const typeAt = (index: number): ParameterType => parameters[index] ?? rest ?? "any";
    const values = args.map((argument, index) => this.#argument(dot, typeAt(index), argument));
    if (final !== MISSING) values.push(this.#converted(final, typeAt(values.length)));
    for (const value of values) this.charge(typeof value === "string" ? value.length : 0);
    let result: Value;
    try {
      result = callable.call(values, this);
    } catch (error) {
      if (error instanceof Suspended || error instanceof LimitError) throw error;
      this.#at(node);
      const reason = error instanceof Error ? error.message : String(error);
      this.#fail(`error calling ${name}: ${reason}`, error);
    }
    if (typeof result === "string") {
      if (result.length > this.maxString)
        throw new LimitError(`makes a string of more than ${this.maxString} characters`);
      this.charge(result.length);
    }
    return result;
  }

  #checkCount(callable: Callable, name: string, given: number, final: Final): void {
    const { parameters, rest } = callable;
    const count = given + (final === MISSING ? 0 : 1);
    if (rest !== undefined && count < parameters.length)
      this.#fail(
        `wrong number of args for ${name}: want at least ${parameters.length} got ${given}`,
      );
    if (rest === undefined && count !== parameters.length)
      this.#fail(`wrong number of args for ${name}: want ${parameters.length} got ${count}`);
  }

  /** Evaluates an argument where a value of `type` is wanted. */
  #argument(dot: Value, type: ParameterType, node: Operand): Value {
    this.#at(node);
    this.charge(0);
    switch (node.type) {
      case "dot":
        return this.#converted(dot, type);
      case "nil":
        if (!PARAMETER_NAMES[type].nilable)
          this.#fail(`cannot assign nil to ${PARAMETER_NAMES[type].name}`);
        return null;
      case "field":
        return this.#converted(this.#field(dot, node, [], MISSING), type);
      case "variable":
        return this.#converted(this.#variable(dot, node, [], MISSING), type);
      case "pipe":
        return this.#converted(this.#pipeline(dot, node), type);
      case "identifier":
        return this.#converted(this.#function(dot, node, node, [], MISSING), type);
      case "chain":
        return this.#converted(this.#chain(dot, node, [], MISSING), type);
      case "bool":
        if (type === "any" || type === "bool") return node.value;
        break;
      case "string":
        if (type === "any" || type === "string") return node.value;
        break;
      case "number":
        if (type === "any") return this.#constant(node);
        if (type === "int" && node.int !== undefined) return node.int;
        if (type === "float64") return node.float;
        break;
    }
    const expected = { string: "string", int: "integer", float64: "float", bool: "bool" } as const;
    if (type === "string" || type === "int" || type === "float64" || type === "bool")
      this.#fail(`expected ${expected[type]}; found ${formatNode(node)}`);
    return this.#fail(
      `can't handle ${formatNode(node)} for arg of type ${PARAMETER_NAMES[type].name}`,
    );
  }

  #converted(value: Value, type: ParameterType): Value {
    const result = convert(value, type);
    if (result.ok) return result.value;
    return this.#fail(
      value === undefined || value === null
        ? `invalid value; expected ${PARAMETER_NAMES[type].name}`
        : `wrong type for value; expected ${PARAMETER_NAMES[type].name}; got ${typeName(value)}`,
    );
  }

  #lookup(name: string): Value {
    for (let i = this.#variables.length - 1; i >= 0; i -= 1) {
      const variable = this.#variables[i];
      if (variable?.name === name) return variable.value;
    }
    return this.#fail(`undefined variable: ${name}`);
  }

  #assign(name: string, value: Value): void {
    const variable = this.#variables.findLast((one) => one.name === name);
    if (variable === undefined) this.#fail(`undefined variable: ${name}`);
    variable.value = value;
  }

  #print(node: Node, pipe: PipeNode, value: Value): void {
    this.#at(node);
    if (value instanceof FunctionValue)
      this.#fail(`can't print ${formatNode(node)} of type ${value.typeName}`);
    if (this.#context !== undefined) {
      // What is absent is not shown in HTML.
      const printed = value === undefined || value === null ? "" : this.#show(value);
      this.charge(printed.length);
      this.#out.write(this.#context.escape(printed, trustIn(pipe, value)));
    } else if (value === undefined) this.#out.write("<no value>");
    else printValue(value, this.#out);
  }

  #show(value: Value): string {
    const out = new Output(this.maxString);
    printValue(value, out);
    return out.text;
  }

  #at(node: Node): void {
    this.#node = node;
  }

  #fail(reason: string, cause?: unknown): never {
    const definition = this.#definition;
    const node = this.#node;
    if (definition === undefined || node === undefined) throw new Error(reason, { cause });
    const before = definition.source.slice(0, node.at);
    const line = before.split("\n").length;
    const column = utf8Length(before.slice(before.lastIndexOf("\n") + 1));
    const place = `template: ${definition.parseName}:${line}:${column}`;
    throw new TemplateError(
      `${place}: executing ${quote(definition.name)} at <${formatNode(node)}>: ${reason}`,
      { template: definition.parseName, line, column, reason },
      { cause },
    );
  }
}

function methodsOf(receiver: Exclude<Value, null | FunctionValue> & object): Methods {
  if (receiver.kind === "time") return timeMethods(receiver);
  if (receiver.kind === "duration") return durationMethods(receiver);
  return receiver.methods;
}

const encoder = new TextEncoder();

function utf8Length(text: string): number {
  return encoder.encode(text).length;
}

/** What a value that is printed into HTML has been through already. */
function trustIn(pipe: PipeNode, value: Value): Trust {
  if (value instanceof StructValue && value.typeName === SAFE_HTML) return "html";
  const last = pipe.commands.at(-1)?.args[0];
  if (last?.type !== "identifier") return "none";
  if (last.name === "urlquery") return "query";
  return last.name === "html" ? "html" : "none";
}
