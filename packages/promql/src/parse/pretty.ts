import type { Expr } from "./ast.ts";
import { formatAggregation, formatExpr, formatOperator, formatSubqueryRange } from "./format.ts";

/** Up to this length an expression stays on one line. */
const MAX_LINE = 100;

/**
 * Prints an expression over several lines where one would be too long: operands above and below
 * their operator, arguments on lines of their own, indented by two spaces.
 */
export function prettyExpr(expr: Expr): string {
  return pretty(expr, 0);
}

function pretty(expr: Expr, level: number): string {
  const indent = "  ".repeat(level);
  const line = formatExpr(expr);
  if (line.length <= MAX_LINE) return indent + line;
  const block = (head: string, parts: readonly Expr[]): string => {
    const inside = parts.map((part) => pretty(part, level + 1)).join(",\n");
    return `${indent}${head}(\n${inside}\n${indent})`;
  };
  switch (expr.kind) {
    case "aggregate": {
      const { parameter } = expr;
      const parts = [...(parameter === undefined ? [] : [parameter]), expr.expr];
      return block(formatAggregation(expr), parts);
    }
    case "binary": {
      const left = pretty(expr.left, level + 1);
      return `${left}\n${indent}${formatOperator(expr)}\n${pretty(expr.right, level + 1)}`;
    }
    case "call":
      return block(expr.function, expr.args);
    case "paren":
      return block("", [expr.expr]);
    case "subquery":
      return pretty(expr.expr, level) + formatSubqueryRange(expr);
    case "unary":
      return indent + expr.operator + pretty(expr.expr, level).trimStart();
    default:
      return indent + line;
  }
}
