import { INTRINSICS, TraceqlError } from "./ast.ts";
import type { Aggregate, Condition, Field, Operator, Spansets, TraceQuery, Value } from "./ast.ts";
import { tokenize, unquoted } from "./tokens.ts";
import type { Token } from "./tokens.ts";

const MAX_LENGTH = 16_384;
const MAX_DEPTH = 40;

const OPERATORS: readonly string[] = ["=", "!=", "=~", "!~", "<", "<=", ">", ">="];
/** Between spansets: how spans lie in their trace's tree. */
const STRUCTURAL = [">", ">>", "<", "<<", "~"];
const FUNCTIONS = ["count", "avg", "min", "max", "sum"] as const;
/** Stages that exist in TraceQL and are not answered here. */
const OTHER_STAGES =
  "by coalesce select rate count_over_time min_over_time max_over_time avg_over_time sum_over_time quantile_over_time histogram_over_time compare topk bottomk";
const OTHER_SCOPES = ["event", "link", "parent", "instrumentation", "trace"];
const STATUSES = ["error", "ok", "unset"];
const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"];

/**
 * Parses the part of TraceQL that can be answered by the store: spansets with conditions, joined by
 * `&&` and `||`, and aggregates over what was found. Throws TraceqlError, which names what is not.
 * https://grafana.com/docs/tempo/latest/traceql/
 */
export function parseTraceql(query: string): TraceQuery {
  if (query.length > MAX_LENGTH) {
    throw new TraceqlError(
      `the query has ${query.length} characters; ${MAX_LENGTH} are the most`,
      MAX_LENGTH,
    );
  }
  return new Parser(tokenize(query)).query();
}

/** Parses the name of a field alone. Throws TraceqlError. */
export function parseField(name: string): Field {
  return new Parser(tokenize(name)).onlyField();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  query(): TraceQuery {
    // An empty query is all traces, as in Tempo.
    if (this.#peek().kind === "end") {
      return { spansets: { kind: "spans", condition: undefined }, aggregates: [] };
    }
    const spansets = this.#spansets();
    const aggregates: Aggregate[] = [];
    while (this.#takeSign("|")) aggregates.push(this.#aggregate());
    const rest = this.#peek();
    if (rest.kind !== "end") throw unexpected(rest, "the end of the query");
    return { spansets, aggregates };
  }

  onlyField(): Field {
    const field = this.#field();
    const rest = this.#peek();
    if (rest.kind !== "end") throw unexpected(rest, "the end of the name");
    return field;
  }

  #spansets(): Spansets {
    return this.#nested(() => {
      let left = this.#spansetsAnd();
      while (this.#takeSign("||")) left = { kind: "or", left, right: this.#spansetsAnd() };
      return left;
    });
  }

  #spansetsAnd(): Spansets {
    let left = this.#spanset();
    for (;;) {
      const token = this.#peek();
      if (token.kind === "sign" && (STRUCTURAL.includes(token.value) || token.value === "!")) {
        throw new TraceqlError(
          `the structural operator ${token.value} is not answered here; && and || join spansets`,
          token.at,
        );
      }
      if (!this.#takeSign("&&")) return left;
      left = { kind: "and", left, right: this.#spanset() };
    }
  }

  #spanset(): Spansets {
    if (this.#takeSign("(")) {
      const inner = this.#spansets();
      this.#expectSign(")");
      return inner;
    }
    this.#expectSign("{");
    if (this.#takeSign("}")) return { kind: "spans", condition: undefined };
    const condition = this.#condition();
    this.#expectSign("}");
    return { kind: "spans", condition: condition === true ? undefined : condition };
  }

  /** `true` for a condition that every span fulfils. */
  #condition(): Condition | true {
    return this.#nested(() => {
      let left = this.#conditionAnd();
      while (this.#takeSign("||")) {
        const right = this.#conditionAnd();
        left = left === true || right === true ? true : { kind: "or", left, right };
      }
      return left;
    });
  }

  #conditionAnd(): Condition | true {
    let left = this.#unary();
    while (this.#takeSign("&&")) {
      const right = this.#unary();
      if (left === true) left = right;
      else if (right !== true) left = { kind: "and", left, right };
    }
    return left;
  }

  #unary(): Condition | true {
    const token = this.#peek();
    if (this.#takeSign("!")) {
      const inner = this.#nested(() => this.#unary());
      if (inner === true) throw new TraceqlError("this condition is never true", token.at);
      return { kind: "not", inner };
    }
    if (this.#takeSign("(")) {
      const inner = this.#condition();
      this.#expectSign(")");
      return inner;
    }
    if (token.kind === "word" && token.value === "true") {
      this.#next += 1;
      return true;
    }
    return this.#compare();
  }

  #compare(): Condition {
    const at = this.#peek().at;
    const field = this.#field();
    const operator = this.#operator();
    const value = this.#value();
    checkTypes(field, operator, value, at);
    return { kind: "compare", field, operator, value, at };
  }

  #operator(): Operator {
    const token = this.#take();
    if (token.kind === "sign" && OPERATORS.includes(token.value)) return token.value as Operator;
    if (token.kind === "sign" && "+-*/%^".includes(token.value)) {
      throw new TraceqlError("arithmetic is not answered here", token.at);
    }
    throw unexpected(token, "a comparison (=, !=, =~, !~, <, <=, >, >=)");
  }

  #field(): Field {
    const token = this.#take();
    if (token.kind !== "word") throw unexpected(token, "the name of a field");
    const { value, at } = token;
    const intrinsic = Object.hasOwn(INTRINSICS, value)
      ? INTRINSICS[value as keyof typeof INTRINSICS]
      : undefined;
    if (intrinsic !== undefined) return { kind: "intrinsic", name: intrinsic };
    const [, scope = "", name = ""] = /^(\w*)\.(.+)$/s.exec(value) ?? [];
    if (name !== "") {
      const plain = name.replace(/"(?:[^"\\]|\\.)*"/g, (part) => unquoted(part, at));
      if (scope === "") return { kind: "attribute", of: "any", name: plain };
      if (scope === "span" || scope === "resource") {
        return { kind: "attribute", of: scope, name: plain };
      }
      if (OTHER_SCOPES.includes(scope)) {
        throw new TraceqlError(`fields of ${scope} are not answered here`, at);
      }
    }
    throw new TraceqlError(
      `${JSON.stringify(value)} is no field; attributes are written .name, span.name or resource.name`,
      at,
    );
  }

  #value(): Value {
    const token = this.#take();
    if (token.kind === "text") return { kind: "text", value: token.value };
    if (token.kind === "number" || token.kind === "duration") {
      return { kind: token.kind, value: token.value };
    }
    if (token.kind === "word") {
      if (token.value === "nil") return { kind: "nil" };
      if (token.value === "true" || token.value === "false") {
        return { kind: "boolean", value: token.value === "true" };
      }
      if (STATUSES.includes(token.value) || KINDS.includes(token.value)) {
        return { kind: "word", value: token.value };
      }
    }
    throw unexpected(token, "a value (a text in quotes, a number, a duration, a status or a kind)");
  }

  #aggregate(): Aggregate {
    const token = this.#take();
    if (token.kind !== "word") throw unexpected(token, "count(), avg(), min(), max() or sum()");
    const name = FUNCTIONS.find((known) => known === token.value);
    if (name === undefined) {
      throw new TraceqlError(
        OTHER_STAGES.split(" ").includes(token.value)
          ? `${token.value}() is not answered here`
          : `there is no function ${token.value}(); there are ${FUNCTIONS.join(", ")}`,
        token.at,
      );
    }
    this.#expectSign("(");
    const fieldAt = this.#peek().at;
    const field = name === "count" ? undefined : this.#field();
    if (field?.kind === "intrinsic" && field.name !== "duration") {
      throw new TraceqlError(`${name}() needs a number or the duration`, fieldAt);
    }
    this.#expectSign(")");
    const operatorAt = this.#peek().at;
    const operator = this.#operator();
    if (operator === "=~" || operator === "!~") {
      throw new TraceqlError(
        `${name}() is a number, which ${operator} does not compare`,
        operatorAt,
      );
    }
    const valueAt = this.#peek().at;
    const value = this.#value();
    if (value.kind !== "number" && value.kind !== "duration") {
      throw new TraceqlError(`${name}() is compared with a number or a duration`, valueAt);
    }
    return { function: name, field, operator, value: value.value };
  }

  #nested<T>(parse: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) {
      throw new TraceqlError(`the query nests deeper than ${MAX_DEPTH}`, this.#peek().at);
    }
    const parsed = parse();
    this.#depth -= 1;
    return parsed;
  }

  #peek(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token === undefined) throw new RangeError("a query has at least its end");
    return token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  #takeSign(value: string): boolean {
    const token = this.#peek();
    if (token.kind !== "sign" || token.value !== value) return false;
    this.#next += 1;
    return true;
  }

  #expectSign(value: string): void {
    const token = this.#peek();
    if (!this.#takeSign(value)) throw unexpected(token, value);
  }
}

/** Compares only what can be compared: a silent "never" would be taken for an answer. */
function checkTypes(field: Field, operator: Operator, value: Value, at: number): void {
  const regex = operator === "=~" || operator === "!~";
  const equality = operator === "=" || operator === "!=";
  if (regex && value.kind !== "text") {
    throw new TraceqlError(`${operator} compares with a text in quotes`, at);
  }
  if (value.kind === "nil" && !equality) {
    throw new TraceqlError("nil is compared by = and != alone", at);
  }
  if (value.kind === "boolean" && !equality) {
    throw new TraceqlError("true and false are compared by = and != alone", at);
  }
  if (field.kind === "attribute") {
    if (value.kind === "word") {
      throw new TraceqlError("an attribute is compared with a text in quotes or a number", at);
    }
    return;
  }
  const { name } = field;
  if (name === "duration" || name === "traceDuration") {
    if (value.kind !== "duration" && value.kind !== "number") {
      throw new TraceqlError("a duration is compared with a duration, such as 100ms", at);
    }
    return;
  }
  if (name === "status" || name === "kind") {
    const words = name === "status" ? STATUSES : KINDS;
    if (value.kind !== "word" || !equality || !words.includes(value.value)) {
      throw new TraceqlError(`${name} is compared by = and != with ${words.join(", ")}`, at);
    }
    return;
  }
  if (value.kind !== "text" || !(equality || regex)) {
    throw new TraceqlError(`this field is compared with a text in quotes, by =, !=, =~ and !~`, at);
  }
}

function unexpected(token: Token, wanted: string): TraceqlError {
  const found = token.kind === "end" ? "the query ends" : `there is ${shown(token)}`;
  return new TraceqlError(`${found} where ${wanted} is expected`, token.at);
}

function shown({ kind, value }: Token): string {
  return kind === "text" ? JSON.stringify(value) : String(value);
}
