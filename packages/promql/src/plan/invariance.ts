import type { Expr } from "../parse/ast.ts";

/** Functions whose result depends on the time of evaluation, whatever their arguments. */
const TIMELY: ReadonlySet<string> = new Set([
  "time",
  "timestamp",
  "predict_linear",
  "day_of_month",
  "day_of_week",
  "day_of_year",
  "days_in_month",
  "hour",
  "minute",
  "month",
  "year",
]);

/**
 * Whether an expression has the same value at every step: all its selectors are pinned by `@`, and
 * nothing in it asks for the time.
 */
export function isStepInvariant(expr: Expr): boolean {
  switch (expr.kind) {
    case "number":
    case "string":
      return true;
    case "vector_selector":
    case "subquery":
      return expr.at !== undefined;
    case "matrix_selector":
      return expr.selector.at !== undefined;
    case "paren":
    case "unary":
      return isStepInvariant(expr.expr);
    case "binary":
      return isStepInvariant(expr.left) && isStepInvariant(expr.right);
    case "aggregate":
      return (
        isStepInvariant(expr.expr) &&
        (expr.parameter === undefined || isStepInvariant(expr.parameter))
      );
    default:
      return !TIMELY.has(expr.function) && expr.args.every((arg) => isStepInvariant(arg));
  }
}
