import type { Expr } from "@seaworthy/promql";

/** Metric names, or "any" where a selector does not pin the name. */
export type MetricsRead = ReadonlySet<string> | "any";

/** The names of the metrics that an expression reads. */
export function metricsRead(expr: Expr): MetricsRead {
  const names = new Set<string>();
  return collect(expr, names) ? names : "any";
}

/** Adds the names under `expr`; answers false where a selector could match any name. */
function collect(expr: Expr, names: Set<string>): boolean {
  switch (expr.kind) {
    case "number":
    case "string":
      return true;
    case "vector_selector": {
      const pinned =
        expr.name !== ""
          ? expr.name
          : expr.matchers.find(({ name, operator }) => name === "__name__" && operator === "=")
              ?.value;
      if (pinned === undefined || pinned === "") return false;
      names.add(pinned);
      return true;
    }
    case "matrix_selector":
      return collect(expr.selector, names);
    case "subquery":
    case "paren":
    case "unary":
      return collect(expr.expr, names);
    case "binary":
      return collect(expr.left, names) && collect(expr.right, names);
    case "aggregate":
      return (
        collect(expr.expr, names) &&
        (expr.parameter === undefined || collect(expr.parameter, names))
      );
    case "call":
      return expr.args.every((arg) => collect(arg, names));
  }
}
