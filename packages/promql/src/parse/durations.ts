import type { DurationExpr } from "./ast.ts";
import { numberValue } from "./numbers.ts";
import type { TokenStream } from "./stream.ts";

type Operator = "+" | "-" | "*" | "/" | "%" | "^";
const PRECEDENCE: Readonly<Record<string, number>> = {
  "+": 1,
  "-": 1,
  "*": 2,
  "/": 2,
  "%": 2,
  "^": 3,
};
const EXPECTED = "number, duration, step(), or range()";

/** The duration in brackets: a literal, or arithmetic over literals, step() and range(). */
export function parseDurationExpr(stream: TokenStream, floor = 0): DurationExpr {
  return stream.nested(() => {
    let left = parseUnary(stream, () => parseDurationExpr(stream, 2));
    for (let links = 0; ; links += 1) {
      const token = stream.current;
      const precedence = token.kind === "operator" ? (PRECEDENCE[token.id] ?? 0) : 0;
      if (precedence <= floor) return left;
      stream.checkDepth(links);
      stream.advance();
      const right = parseDurationExpr(stream, token.id === "^" ? precedence - 1 : precedence);
      const kind = token.id as Operator;
      left = { kind, left, right, start: left.start, end: right.end };
    }
  });
}

/**
 * The duration after `offset`: arithmetic only in parentheses, because `x offset 5m * 2`
 * multiplies the vector.
 */
export function parseOffsetDuration(stream: TokenStream): DurationExpr {
  return stream.nested(() => parseUnary(stream, () => parseOffsetDuration(stream)));
}

function parseUnary(stream: TokenStream, operand: () => DurationExpr): DurationExpr {
  const token = stream.current;
  if (token.kind !== "operator" || (token.id !== "-" && token.id !== "+")) {
    return parsePrimary(stream);
  }
  stream.advance();
  const expr = operand();
  const span = { start: token.start, end: expr.end };
  if (expr.kind === "seconds") {
    return { ...expr, value: token.id === "-" ? -expr.value : expr.value, ...span };
  }
  return { kind: token.id === "-" ? "negate" : "plus", expr, ...span };
}

function parsePrimary(stream: TokenStream): DurationExpr {
  const token = stream.current;
  if (token.kind === "number" || token.kind === "duration") {
    stream.advance();
    const value = numberValue(stream, token);
    return {
      kind: "seconds",
      value,
      duration: token.kind === "duration",
      start: token.start,
      end: token.end,
    };
  }
  if (token.id === "(") {
    stream.advance();
    const expr = parseDurationExpr(stream);
    const close = stream.expect(")", "duration expression");
    return { kind: "paren", expr, start: token.start, end: close.end };
  }
  if (token.kind !== "keyword") throw stream.unexpected("", EXPECTED);
  if (token.id === "step" || token.id === "range") {
    stream.advance();
    stream.expect("(", "duration expression");
    const close = stream.expect(")", "duration expression");
    return { kind: token.id, start: token.start, end: close.end };
  }
  if (token.id === "min_of" || token.id === "max_of") {
    stream.advance();
    stream.expect("(", "duration expression");
    const left = parseDurationExpr(stream);
    stream.expect(",", "duration expression");
    const right = parseDurationExpr(stream);
    const close = stream.expect(")", "duration expression");
    return { kind: token.id, left, right, start: token.start, end: close.end };
  }
  throw stream.unexpected("", EXPECTED);
}
