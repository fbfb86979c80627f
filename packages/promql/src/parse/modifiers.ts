import { parseError } from "../errors.ts";
import type {
  AtModifier,
  DurationExpr,
  EdgeModifier,
  Expr,
  MatrixSelector,
  Subquery,
  VectorSelector,
} from "./ast.ts";

const SELECTORS = "an instant vector selector or range vector selector or a subquery";

/** Puts `offset` on a selector, a range or a subquery. */
export function applyOffset(query: string, expr: Expr, offset: DurationExpr, end: number): Expr {
  const target = selectorOf(expr);
  if (target === undefined) {
    throw parseError(query, expr.span, `offset modifier must be preceded by ${SELECTORS}`);
  }
  if (target.offset !== undefined) {
    throw parseError(query, expr.span, "offset may not be set multiple times");
  }
  return modified(expr, { offset }, end);
}

/** Puts `@` on a selector, a range or a subquery. */
export function applyAt(query: string, expr: Expr, at: AtModifier, end: number): Expr {
  const target = selectorOf(expr);
  if (target === undefined) {
    throw parseError(query, expr.span, `@ modifier must be preceded by ${SELECTORS}`);
  }
  if (target.at !== undefined) {
    throw parseError(query, expr.span, "@ <timestamp> may not be set multiple times");
  }
  return modified(expr, { at }, end);
}

/** Puts `anchored` or `smoothed` on a selector or a range. */
export function applyEdges(query: string, expr: Expr, edges: EdgeModifier, end: number): Expr {
  const target = selectorOf(expr);
  if (target?.kind === "subquery") {
    throw parseError(query, expr.span, `${edges} modifier is not supported for subqueries`);
  }
  if (target === undefined) {
    throw parseError(query, expr.span, `${edges} modifier not implemented`);
  }
  if (target.edges !== undefined) {
    const message =
      target.edges === edges
        ? `${edges} modifier may not be set multiple times`
        : "anchored and smoothed modifiers cannot be used together";
    throw parseError(query, expr.span, message);
  }
  return modified(expr, { edges }, end);
}

/** Where a modifier of this expression is kept: a range's are its selector's. */
function selectorOf(expr: Expr): VectorSelector | Subquery | undefined {
  if (expr.kind === "matrix_selector") return expr.selector;
  return expr.kind === "vector_selector" || expr.kind === "subquery" ? expr : undefined;
}

function modified(
  expr: Expr,
  change: Partial<Pick<VectorSelector, "offset" | "at" | "edges">>,
  end: number,
): Expr {
  const span = { start: expr.span.start, end };
  if (expr.kind === "matrix_selector") {
    const selector: VectorSelector = { ...expr.selector, ...change };
    const range: MatrixSelector = { ...expr, selector, span };
    return range;
  }
  return { ...expr, ...change, span };
}
