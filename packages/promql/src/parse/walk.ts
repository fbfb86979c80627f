import type { Expr, VectorSelector } from "./ast.ts";

/** The direct parts of an expression. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "matrix_selector":
      return [expr.selector];
    case "subquery":
    case "paren":
    case "unary":
      return [expr.expr];
    case "binary":
      return [expr.left, expr.right];
    case "aggregate":
      return expr.parameter === undefined ? [expr.expr] : [expr.parameter, expr.expr];
    case "call":
      return expr.args;
    default:
      return [];
  }
}

/** Visits an expression and all its parts, outermost first. */
export function walk(
  expr: Expr,
  visit: (expr: Expr, ancestors: readonly Expr[]) => void,
  ancestors: readonly Expr[] = [],
): void {
  visit(expr, ancestors);
  const path = [...ancestors, expr];
  for (const child of childrenOf(expr)) walk(child, visit, path);
}

/** All selectors of an expression, in the order of the text. */
export function selectorsOf(expr: Expr): VectorSelector[] {
  const found: VectorSelector[] = [];
  walk(expr, (part) => {
    if (part.kind === "vector_selector") found.push(part);
  });
  return found;
}
