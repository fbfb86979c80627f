import { formatExpr, typeOf } from "@seaworthy/promql";
import type { Binary, BinaryOperator, Expr } from "@seaworthy/promql";

/** A graph and the line in it. */
export interface Comparison {
  /** The side that changes. */
  readonly expression: string;
  /** e.g. `>`, with the graph on its left. */
  readonly operator: string;
  readonly threshold: number;
}

/** Each comparison, and what it is with its sides exchanged. */
const MIRRORED: Partial<Record<BinaryOperator, string>> = {
  ">": "<",
  "<": ">",
  ">=": "<=",
  "<=": ">=",
  "==": "==",
  "!=": "!=",
};

/**
 * What an alerting rule's expression compares with a constant, to be drawn with a line at the constant:
 * the first such comparison, where several are joined by `and`, `or`, `unless`. Undefined when there is
 * none.
 */
export function comparisonOf(expr: Expr): Comparison | undefined {
  if (expr.kind === "paren") return comparisonOf(expr.expr);
  if (expr.kind !== "binary") return undefined;
  if (expr.operator === "and" || expr.operator === "or" || expr.operator === "unless")
    return comparisonOf(expr.left) ?? comparisonOf(expr.right);
  return ownComparison(expr);
}

function ownComparison({ operator, left, right }: Binary): Comparison | undefined {
  const mirrored = MIRRORED[operator];
  if (mirrored === undefined) return undefined;
  const [below, above] = [constantOf(left), constantOf(right)];
  if (above !== undefined && below === undefined)
    return { expression: formatExpr(bare(left)), operator, threshold: above };
  if (below !== undefined && above === undefined)
    return { expression: formatExpr(bare(right)), operator: mirrored, threshold: below };
  return undefined;
}

function bare(expr: Expr): Expr {
  return expr.kind === "paren" ? bare(expr.expr) : expr;
}

/** The value of an expression of numbers alone. */
function constantOf(expr: Expr): number | undefined {
  if (typeOf(expr) !== "scalar") return undefined;
  if (expr.kind === "number") return expr.value;
  if (expr.kind === "paren") return constantOf(expr.expr);
  if (expr.kind === "unary") {
    const value = constantOf(expr.expr);
    return value !== undefined && expr.operator === "-" ? -value : value;
  }
  if (expr.kind !== "binary") return undefined;
  const [left, right] = [constantOf(expr.left), constantOf(expr.right)];
  if (left === undefined || right === undefined) return undefined;
  switch (expr.operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "^":
      return left ** right;
    default:
      return undefined;
  }
}
