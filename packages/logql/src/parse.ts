import { RANGE_OPERATORS, VECTOR_OPERATORS } from "./ast.ts";
import type {
  Binary,
  BinaryOperator,
  Expr,
  Filter,
  Grouping,
  LogExpr,
  Matcher,
  MetricExpr,
  RangeAggregation,
  RangeOperator,
  Unwrap,
  VectorOperator,
} from "./ast.ts";
import { isLogExpr } from "./ast.ts";
import { Cursor } from "./parse/cursor.ts";
import { parseFilter, parseLog, parseSelector, parseStages } from "./parse/log.ts";

/** How strongly operators bind; `^` binds to the right. */
const PRECEDENCE: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  "==": 3,
  "!=": 3,
  ">": 3,
  ">=": 3,
  "<": 3,
  "<=": 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "%": 5,
  "^": 6,
};
const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", ">", ">=", "<", "<="]);
/** Those that work on values need `unwrap`, those that work on lines refuse it. */
const OF_LINES: ReadonlySet<RangeOperator> = new Set([
  "count_over_time",
  "bytes_rate",
  "bytes_over_time",
]);
const OF_BOTH: ReadonlySet<RangeOperator> = new Set(["rate", "absent_over_time"]);
const GROUPED: ReadonlySet<RangeOperator> = new Set([
  "avg_over_time",
  "min_over_time",
  "max_over_time",
  "stddev_over_time",
  "stdvar_over_time",
  "quantile_over_time",
  "first_over_time",
  "last_over_time",
]);

/** Parses a query. Throws LogqlError. */
export function parse(query: string): Expr {
  const cursor = new Cursor(query);
  const expr = parseExpr(cursor, 0);
  if (cursor.peek().kind !== "end") throw cursor.unexpected("expecting the end");
  return expr;
}

/** Parses `{…}` alone. Throws LogqlError. */
export function parseMatchers(text: string): readonly Matcher[] {
  const cursor = new Cursor(text);
  const matchers = parseSelector(cursor);
  if (cursor.peek().kind !== "end") throw cursor.unexpected("expecting the end");
  return matchers;
}

function parseExpr(cursor: Cursor, weakest: number): Expr {
  return cursor.nested(() => {
    let left = parsePrimary(cursor);
    for (;;) {
      const { at, text } = cursor.peek();
      const operator = Object.hasOwn(PRECEDENCE, text) ? (text as BinaryOperator) : undefined;
      const strength = operator === undefined ? 0 : PRECEDENCE[operator];
      if (operator === undefined || strength <= weakest || cursor.peek().kind === "string") {
        return left;
      }
      if (isLogExpr(left)) {
        throw cursor.fault(at, `the left side of ${text} must be a metric query, not a log query`);
      }
      cursor.next();
      const modifiers = parseModifiers(cursor, operator);
      const right = parseExpr(cursor, operator === "^" ? strength - 1 : strength);
      if (isLogExpr(right)) {
        throw cursor.fault(at, `the right side of ${text} must be a metric query, not a log query`);
      }
      const sides = [left, right];
      if (strength <= 2 && sides.some(({ kind }) => kind === "number")) {
        throw cursor.fault(at, `${operator} takes no literal on either side`);
      }
      left = { kind: "binary", operator, left, right, ...modifiers };
    }
  });
}

function parseModifiers(
  cursor: Cursor,
  operator: BinaryOperator,
): Pick<Binary, "bool" | "matching"> {
  const { at } = cursor.peek();
  const bool = cursor.accept("bool");
  if (bool && !COMPARISONS.has(operator)) {
    throw cursor.fault(at, "bool goes with comparisons only");
  }
  const on = cursor.is("on");
  let labels: string[] = [];
  let group: Binary["matching"]["group"] = "one";
  let include: string[] = [];
  if (cursor.accept("on") || cursor.accept("ignoring")) {
    labels = cursor.names();
    if (cursor.is("group_left", "group_right")) {
      group = cursor.next().text === "group_left" ? "left" : "right";
      if (cursor.is("(")) include = cursor.names();
    }
  }
  return { bool, matching: { on, labels, group, include } };
}

function parsePrimary(cursor: Cursor): Expr {
  const { kind, text } = cursor.peek();
  if (cursor.is("{")) return parseLog(cursor);
  if (kind === "number" || ((text === "-" || text === "+") && kind === "operator")) {
    return { kind: "number", value: cursor.number() };
  }
  if (cursor.accept("(")) {
    const inner = parseExpr(cursor, 0);
    cursor.expect(")");
    return isLogExpr(inner)
      ? { ...inner, stages: [...inner.stages, ...parseStages(cursor)] }
      : inner;
  }
  if (kind !== "word") throw cursor.unexpected("expecting a selector, a function or a number");
  if ((RANGE_OPERATORS as readonly string[]).includes(text)) {
    return parseRangeAggregation(cursor, cursor.next().text as RangeOperator);
  }
  if ((VECTOR_OPERATORS as readonly string[]).includes(text)) {
    return parseVectorAggregation(cursor, cursor.next().text as VectorOperator);
  }
  if (cursor.accept("vector")) {
    cursor.expect("(");
    const value = cursor.number();
    cursor.expect(")");
    return { kind: "constant", value };
  }
  if (cursor.accept("label_replace")) return parseLabelReplace(cursor);
  throw cursor.unexpected("which is no function here");
}

function parseMetric(cursor: Cursor): MetricExpr {
  const { at } = cursor.peek();
  const expr = parseExpr(cursor, 0);
  if (isLogExpr(expr)) throw cursor.fault(at, "expecting a metric query, not a log query");
  return expr;
}

function parseLabelReplace(cursor: Cursor): MetricExpr {
  cursor.expect("(");
  const expr = parseMetric(cursor);
  const texts = ["target", "replacement", "source", "pattern"].map((what) => {
    cursor.expect(",");
    return cursor.string(`the ${what}`);
  });
  cursor.expect(")");
  const [target = "", replacement = "", source = "", pattern = ""] = texts;
  return { kind: "label_replace", expr, target, replacement, source, pattern };
}

function parseGrouping(cursor: Cursor): Grouping | undefined {
  if (!cursor.is("by", "without")) return undefined;
  return { without: cursor.next().text === "without", labels: cursor.names() };
}

function parseVectorAggregation(cursor: Cursor, operator: VectorOperator): MetricExpr {
  const before = parseGrouping(cursor);
  const { at } = cursor.peek();
  cursor.expect("(");
  let parameter: number | undefined;
  if (operator === "topk" || operator === "bottomk") {
    parameter = cursor.number();
    if (!(parameter >= 1))
      throw cursor.fault(at, `invalid parameter (must be greater than 0) ${operator}`);
    cursor.expect(",");
  }
  const expr = parseMetric(cursor);
  cursor.expect(")");
  const grouping = before ?? parseGrouping(cursor);
  if (grouping !== undefined && operator.startsWith("sort")) {
    throw cursor.fault(at, `grouping is not allowed for ${operator}`);
  }
  return { kind: "vector", operator, parameter, grouping, expr };
}

function parseRangeAggregation(cursor: Cursor, operator: RangeOperator): RangeAggregation {
  const { at } = cursor.peek();
  cursor.expect("(");
  let parameter: number | undefined;
  if (operator === "quantile_over_time") {
    parameter = cursor.number();
    cursor.expect(",");
  }
  const range = parseLogRange(cursor);
  cursor.expect(")");
  const grouping = parseGrouping(cursor);
  const { unwrap } = range;
  if (unwrap === undefined && !OF_LINES.has(operator) && !OF_BOTH.has(operator)) {
    throw cursor.fault(at, `invalid aggregation ${operator} without unwrap`);
  }
  if (unwrap !== undefined && OF_LINES.has(operator)) {
    throw cursor.fault(at, `invalid aggregation ${operator} with unwrap`);
  }
  if (grouping !== undefined && !GROUPED.has(operator)) {
    throw cursor.fault(at, `grouping not allowed for ${operator} aggregation`);
  }
  return { kind: "range", operator, parameter, grouping, ...range };
}

type LogRange = Pick<RangeAggregation, "log" | "unwrap" | "rangeMs" | "offsetMs">;

/** `{…} | stages [5m] offset 1h`, where the range may also stand before the stages. */
function parseLogRange(cursor: Cursor): LogRange {
  if (cursor.accept("(")) {
    const inner = cursor.nested(() => parseLogRangeOpen(cursor));
    cursor.expect(")");
    return withRange(cursor, inner);
  }
  return withRange(cursor, parseLogRangeOpen(cursor));
}

type Open = Omit<LogRange, "rangeMs" | "offsetMs"> & { rangeMs?: number; offsetMs?: number };

function parseLogRangeOpen(cursor: Cursor): Open {
  const matchers = parseSelector(cursor);
  const first = parseRange(cursor);
  const stages = [...parseStages(cursor)];
  const unwrap = parseUnwrap(cursor);
  const log: LogExpr = { kind: "log", matchers, stages };
  return { log, unwrap, ...first, ...parseRange(cursor) };
}

function withRange(cursor: Cursor, open: Open): LogRange {
  const { rangeMs, offsetMs = 0, ...rest } = { ...open, ...parseRange(cursor) };
  if (rangeMs === undefined) throw cursor.unexpected("expecting a range such as [5m]");
  if (!(rangeMs > 0)) throw cursor.fault(cursor.peek().at, "a range must be longer than 0");
  return { ...rest, rangeMs, offsetMs };
}

function parseRange(cursor: Cursor): { rangeMs?: number; offsetMs?: number } {
  const found: { rangeMs?: number; offsetMs?: number } = {};
  if (cursor.accept("[")) {
    found.rangeMs = cursor.duration();
    cursor.expect("]");
  }
  if (cursor.accept("offset")) found.offsetMs = cursor.duration();
  return found;
}

function parseUnwrap(cursor: Cursor): Unwrap | undefined {
  if (!cursor.is("|") || cursor.peek(1).text !== "unwrap") return undefined;
  cursor.next();
  cursor.next();
  const name = cursor.word("a label");
  let label = name;
  let conversion: Unwrap["conversion"] = "number";
  if (cursor.accept("(")) {
    if (name !== "duration" && name !== "duration_seconds" && name !== "bytes") {
      throw cursor.unexpected(`${name} is none of duration(), duration_seconds() and bytes()`);
    }
    conversion = name === "bytes" ? "bytes" : "duration";
    label = cursor.word("a label");
    cursor.expect(")");
  }
  const filters: Filter[] = [];
  while (cursor.accept("|")) filters.push(parseFilter(cursor));
  return { label, conversion, filters };
}
