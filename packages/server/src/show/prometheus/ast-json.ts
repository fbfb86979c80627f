import { formatValue, functionSignature } from "@seaworthy/promql";
import type {
  AtModifier,
  Binary,
  Call,
  DurationExpr,
  EdgeModifier,
  Expr,
  Matcher,
  VectorSelector,
} from "@seaworthy/promql";

/** An expression's tree in the form in which Prometheus's `/parse_query` answers it. */
export function astJson(expr: Expr): object {
  switch (expr.kind) {
    case "number":
      return { type: "numberLiteral", val: formatValue(expr.value) };
    case "string":
      return { type: "stringLiteral", val: expr.value };
    case "vector_selector":
      return { type: "vectorSelector", ...selectorJson(expr) };
    case "matrix_selector":
      return {
        type: "matrixSelector",
        range: milliseconds(expr.range),
        ...selectorJson(expr.selector),
      };
    case "subquery":
      return {
        type: "subquery",
        expr: astJson(expr.expr),
        range: milliseconds(expr.range),
        step: expr.step === undefined ? 0 : milliseconds(expr.step),
        offset: expr.offset === undefined ? 0 : milliseconds(expr.offset),
        ...atJson(expr.at),
      };
    case "paren":
      return { type: "parenExpr", expr: astJson(expr.expr) };
    case "unary":
      return { type: "unaryExpr", op: expr.operator, expr: astJson(expr.expr) };
    case "binary":
      return {
        type: "binaryExpr",
        op: expr.operator,
        lhs: astJson(expr.left),
        rhs: astJson(expr.right),
        matching: matchingJson(expr),
        bool: expr.returnBool,
      };
    case "aggregate":
      return {
        type: "aggregation",
        op: expr.operator,
        expr: astJson(expr.expr),
        param: expr.parameter === undefined ? null : astJson(expr.parameter),
        grouping: expr.grouping,
        without: expr.without,
      };
    default:
      return { type: "call", func: functionJson(expr), args: expr.args.map((arg) => astJson(arg)) };
  }
}

function functionJson({ function: name }: Call): object {
  const signature = functionSignature(name);
  return {
    name,
    argTypes: signature?.args ?? [],
    variadic: signature?.variadic ?? 0,
    returnType: signature?.returns ?? "vector",
  };
}

function selectorJson({ name, matchers, offset, at, edges }: VectorSelector): object {
  return {
    name,
    offset: offset === undefined ? 0 : milliseconds(offset),
    matchers: matchers.map((matcher) => matcherJson(matcher)),
    ...atJson(at),
    ...edgesJson(edges),
  };
}

function edgesJson(edges: EdgeModifier | undefined): object {
  return { anchored: edges === "anchored", smoothed: edges === "smoothed" };
}

function matcherJson({ name, operator, value }: Matcher): object {
  return { type: operator, name, value };
}

function atJson(at: AtModifier | undefined): object {
  return {
    timestamp: typeof at === "number" ? at : null,
    startOrEnd: typeof at === "string" ? at : null,
  };
}

function matchingJson({ matching }: Binary): object | null {
  if (matching === undefined) return null;
  const { cardinality, labels, on, include, fillLeft = null, fillRight = null } = matching;
  const fillValues = { lhs: fillLeft, rhs: fillRight };
  return { card: cardinality, labels, on, include, fillValues };
}

/** null for a duration that depends on the query's times. */
function milliseconds(duration: DurationExpr): number | null {
  switch (duration.kind) {
    case "seconds":
      return Math.round(duration.value * 1000);
    case "paren":
    case "plus":
      return milliseconds(duration.expr);
    case "negate": {
      const inner = milliseconds(duration.expr);
      return inner === null ? null : -inner;
    }
    default:
      return null;
  }
}
