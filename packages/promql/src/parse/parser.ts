import { parseError, PromqlError, type Span } from "../errors.ts";
import { METRIC_NAME } from "../labels.ts";
import type { Matcher, MatchOperator } from "../matchers.ts";
import type {
  Aggregate,
  AggregationOperator,
  BinaryOperator,
  Call,
  DurationExpr,
  Expr,
  NumberLiteral,
  VectorSelector,
} from "./ast.ts";
import { parseDurationExpr, parseOffsetDuration } from "./durations.ts";
import { tokenize } from "./lexer.ts";
import { type BinaryModifiers, parseBinaryModifiers } from "./matching.ts";
import { applyAt, applyEdges, applyOffset } from "./modifiers.ts";
import { numberValue, signedNumber } from "./numbers.ts";
import { unquote } from "./strings.ts";
import { namesMetric, type Token } from "./token.ts";
import { TokenStream } from "./stream.ts";

export interface ParseLimits {
  /** UTF-16 units. */
  readonly maxQueryLength: number;
  readonly maxDepth: number;
}

export const DEFAULT_PARSE_LIMITS: ParseLimits = { maxQueryLength: 131_072, maxDepth: 500 };

const PRECEDENCE: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  "==": 3,
  "!=": 3,
  ">": 3,
  "<": 3,
  ">=": 3,
  "<=": 3,
  "</": 3,
  ">/": 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "%": 5,
  atan2: 5,
  "^": 6,
};
const POWER = 6;
const PARAMETRIC: ReadonlySet<string> = new Set([
  "topk",
  "bottomk",
  "count_values",
  "quantile",
  "limitk",
  "limit_ratio",
]);

/** Parses a query's text to a tree without checking its types. Throws PromqlError("parse"). */
export function parseSyntax(query: string, limits: ParseLimits = DEFAULT_PARSE_LIMITS): Expr {
  if (query.length > limits.maxQueryLength) {
    const message = `query of ${query.length} characters is longer than ${limits.maxQueryLength}`;
    throw new PromqlError("parse", message);
  }
  const tokens = tokenize(query);
  if (tokens.length === 1) {
    throw parseError(query, { start: 0, end: 0 }, "no expression found in input");
  }
  return new Parser(new TokenStream(query, tokens, limits.maxDepth)).parse();
}

class Parser {
  readonly #stream: TokenStream;

  constructor(stream: TokenStream) {
    this.#stream = stream;
  }

  parse(): Expr {
    const expr = this.#binary(0);
    if (this.#stream.current.kind !== "end") throw this.#stream.unexpected();
    return expr;
  }

  /** Precedence climbing: takes operators that bind more tightly than `floor`. */
  #binary(floor: number): Expr {
    const stream = this.#stream;
    return stream.nested(() => {
      let left = this.#unary();
      // A long chain makes a tree as deep as nesting does.
      for (let links = 0; ; links += 1) {
        const token = stream.current;
        const precedence = token.kind === "operator" ? (PRECEDENCE[token.id] ?? 0) : 0;
        if (precedence <= floor) return left;
        stream.checkDepth(links);
        stream.advance();
        const modifiers = parseBinaryModifiers(stream, token);
        const right = this.#binary(token.id === "^" ? precedence - 1 : precedence);
        left = joinBinary(token, left, right, modifiers);
      }
    });
  }

  #unary(): Expr {
    const token = this.#stream.current;
    if (token.kind === "operator" && (token.id === "-" || token.id === "+")) {
      this.#stream.advance();
      // Binds like multiplication, so that -a ^ b is -(a ^ b) and -a * b is (-a) * b.
      const expr = this.#stream.nested(() => this.#binary(POWER - 1));
      const span = { start: token.start, end: expr.span.end };
      if (expr.kind === "number") {
        return { ...expr, value: token.id === "-" ? -expr.value : expr.value, span };
      }
      return { kind: "unary", operator: token.id, expr, span };
    }
    return this.#postfix(this.#primary());
  }

  #postfix(start: Expr): Expr {
    const stream = this.#stream;
    let expr = start;
    for (;;) {
      const token = stream.current;
      if (token.id === "[") expr = this.#range(expr);
      else if (token.kind === "keyword" && token.id === "offset") {
        stream.advance();
        const offset = parseOffsetDuration(stream);
        expr = applyOffset(stream.query, expr, offset, stream.lastEnd);
      } else if (token.id === "@") {
        stream.advance();
        expr = applyAt(stream.query, expr, this.#atTime(), stream.lastEnd);
      } else if (token.kind === "keyword" && (token.id === "anchored" || token.id === "smoothed")) {
        stream.advance();
        expr = applyEdges(stream.query, expr, token.id, token.end);
      } else return expr;
    }
  }

  /** `[5m]` after a selector, `[5m:1m]` after any expression. */
  #range(expr: Expr): Expr {
    const stream = this.#stream;
    const open = stream.advance();
    const range = this.#positiveDuration();
    if (stream.at(":")) {
      stream.advance();
      const step = stream.at("]") ? undefined : this.#positiveDuration();
      const close = stream.expect("]", "subquery selector");
      const span = { start: expr.span.start, end: close.end };
      return { kind: "subquery", expr, range, ...(step === undefined ? {} : { step }), span };
    }
    const close = stream.expect("]", "subquery or range selector", '":" or "]"');
    const span: Span = { start: expr.span.start, end: close.end };
    const fail = (message: string): PromqlError =>
      parseError(stream.query, { start: open.start, end: close.end }, message);
    if (expr.kind !== "vector_selector") {
      throw fail("ranges only allowed for vector selectors");
    }
    if (expr.offset !== undefined) throw fail("no offset modifiers allowed before range");
    if (expr.at !== undefined) throw fail("no @ modifiers allowed before range");
    if (expr.edges !== undefined) {
      throw fail(`no ${expr.edges} modifier allowed before range`);
    }
    return { kind: "matrix_selector", selector: expr, range, span };
  }

  #positiveDuration(): DurationExpr {
    const duration = parseDurationExpr(this.#stream);
    if (duration.kind === "seconds" && duration.value <= 0) {
      throw parseError(this.#stream.query, duration, "duration must be greater than 0");
    }
    return duration;
  }

  #atTime(): number | "start" | "end" {
    const stream = this.#stream;
    const token = stream.current;
    if (token.kind === "keyword" && (token.id === "start" || token.id === "end")) {
      stream.advance();
      stream.expect("(", "@ modifier");
      stream.expect(")", "@ modifier");
      return token.id;
    }
    const seconds = signedNumber(stream, "@", "timestamp");
    const ms = Math.round(seconds * 1000);
    if (!Number.isSafeInteger(ms)) {
      const message = `timestamp out of bounds for @ modifier: ${seconds}`;
      throw parseError(stream.query, token, message);
    }
    return ms;
  }

  #primary(): Expr {
    const stream = this.#stream;
    const token = stream.current;
    if (token.kind === "number" || token.kind === "duration") return this.#number();
    if (token.kind === "string") {
      stream.advance();
      return { kind: "string", value: stringValue(stream, token), span: spanOf(token) };
    }
    if (token.id === "(") return this.#paren();
    if (token.id === "{") return this.#selector(undefined);
    const next = stream.peek();
    if (token.kind === "aggregation") {
      if (next.id === "(" || next.id === "by" || next.id === "without") return this.#aggregation();
      if (next.kind !== "end" && !mayFollowMetric(next)) {
        stream.advance();
        throw stream.unexpected("aggregation");
      }
    }
    const names = namesMetric(token);
    // No function has a colon in its name: what follows such a name is out of place.
    const calls = names && token.kind !== "operator" && token.kind !== "metric_identifier";
    if (next.id === "(" && calls) return this.#call();
    if (!names) throw stream.unexpected();
    stream.advance();
    return this.#selector(token);
  }

  #number(): NumberLiteral {
    const token = this.#stream.advance();
    return {
      kind: "number",
      value: numberValue(this.#stream, token),
      duration: token.kind === "duration",
      span: spanOf(token),
    };
  }

  #paren(): Expr {
    const open = this.#stream.advance();
    const expr = this.#binary(0);
    const close = this.#stream.expect(")");
    return { kind: "paren", expr, span: { start: open.start, end: close.end } };
  }

  #call(): Call {
    const name = this.#stream.advance();
    const { args, end } = this.#arguments();
    // Keywords among the functions (start, step, min_of, …) are known in any case.
    const called = name.kind === "keyword" ? name.id : name.text;
    return { kind: "call", function: called, args, span: { start: name.start, end } };
  }

  #arguments(): { args: Expr[]; end: number } {
    const stream = this.#stream;
    stream.expect("(");
    const args: Expr[] = [];
    if (!stream.at(")")) {
      for (;;) {
        args.push(this.#binary(0));
        if (!stream.at(",")) break;
        stream.advance();
        if (stream.at(")")) {
          throw parseError(
            stream.query,
            stream.current,
            "trailing commas not allowed in function call args",
          );
        }
      }
    }
    return { args, end: stream.expect(")").end };
  }

  #aggregation(): Aggregate {
    const stream = this.#stream;
    const operator = stream.advance();
    let grouping = this.#grouping();
    const { args, end } = this.#arguments();
    let last = end;
    if (grouping === undefined) {
      grouping = this.#grouping();
      if (grouping !== undefined) last = stream.lastEnd;
    }
    const span = { start: operator.start, end: last };
    const wanted = PARAMETRIC.has(operator.id) ? 2 : 1;
    if (args.length === 0) {
      throw parseError(stream.query, span, "no arguments for aggregate expression provided");
    }
    const [first, second] = args;
    const expr = wanted === 2 ? second : first;
    if (args.length !== wanted || first === undefined || expr === undefined) {
      const message = `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`;
      throw parseError(stream.query, span, message);
    }
    return {
      kind: "aggregate",
      operator: operator.id as AggregationOperator,
      expr,
      ...(wanted === 2 ? { parameter: first } : {}),
      without: grouping?.without ?? false,
      grouping: grouping?.labels ?? [],
      span,
    };
  }

  #grouping(): { without: boolean; labels: string[] } | undefined {
    const token = this.#stream.current;
    if (token.kind !== "keyword" || (token.id !== "by" && token.id !== "without")) return undefined;
    this.#stream.advance();
    return { without: token.id === "without", labels: this.#stream.labelList() };
  }

  #selector(name: Token | undefined): VectorSelector {
    const stream = this.#stream;
    const start = name?.start ?? stream.current.start;
    const matchers: Matcher[] = [];
    let metric = name?.text ?? "";
    if (name !== undefined) matchers.push({ name: METRIC_NAME, operator: "=", value: metric });
    if (stream.at("{")) {
      stream.advance();
      while (!stream.at("}")) {
        const matcher = this.#matcher();
        if (matcher.quoted) {
          if (metric !== "") {
            const both = `${JSON.stringify(metric)} or ${JSON.stringify(matcher.value)}`;
            const span = { start, end: stream.lastEnd };
            throw parseError(stream.query, span, `metric name must not be set twice: ${both}`);
          }
          metric = matcher.value;
        }
        matchers.push({ name: matcher.name, operator: matcher.operator, value: matcher.value });
        if (stream.at(",")) stream.advance();
        else if (!stream.at("}")) {
          throw stream.unexpected("label matching", '"," or "}"');
        }
      }
      stream.advance();
    }
    const span = { start, end: stream.lastEnd };
    return { kind: "vector_selector", matchers, name: metric, span };
  }

  /** `name="value"`, `"name"="value"`, or a quoted metric name alone. */
  #matcher(): Matcher & { quoted: boolean } {
    const stream = this.#stream;
    const token = stream.current;
    const quoted = token.kind === "string";
    if (!quoted && token.kind !== "identifier") {
      throw stream.unexpected("label matching", 'identifier or "}"');
    }
    stream.advance();
    const name = quoted ? stringValue(stream, token) : token.text;
    const operator = stream.current;
    if (quoted && operator.kind !== "operator") {
      return { name: METRIC_NAME, operator: "=", value: name, quoted: true };
    }
    if (operator.kind !== "operator") {
      throw stream.unexpected("label matching", "label matching operator");
    }
    stream.advance();
    const value = stream.current;
    if (value.kind !== "string") throw stream.unexpected("label matching", "string");
    stream.advance();
    return {
      name,
      operator: operator.id as MatchOperator,
      value: stringValue(stream, value),
      quoted: false,
    };
  }
}

function joinBinary(token: Token, left: Expr, right: Expr, modifiers: BinaryModifiers): Expr {
  return {
    kind: "binary",
    operator: token.id as BinaryOperator,
    left,
    right,
    returnBool: modifiers.returnBool,
    ...(modifiers.matching === undefined ? {} : { matching: modifiers.matching }),
    span: { start: left.span.start, end: right.span.end },
  };
}

/** Whether a token can come after an aggregation's name that is used as a metric's name. */
function mayFollowMetric(token: Token): boolean {
  return (
    token.kind === "operator" ||
    token.kind === "punctuation" ||
    (token.kind === "keyword" &&
      (token.id === "offset" || token.id === "anchored" || token.id === "smoothed"))
  );
}

function stringValue(stream: TokenStream, token: Token): string {
  const value = unquote(token.text);
  if (value === undefined) {
    throw parseError(stream.query, token, `error unquoting string ${token.text}: invalid syntax`);
  }
  return value;
}

function spanOf(token: Token): Span {
  return { start: token.start, end: token.end };
}
