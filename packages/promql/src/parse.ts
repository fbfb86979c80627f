import { ALL_EXPERIMENTAL, check } from "./check.ts";
import { parseError } from "./errors.ts";
import { matcherTest, matchesEmpty, type Matcher } from "./matchers.ts";
import type { Expr, VectorSelector } from "./parse/ast.ts";
import { type ParseLimits, parseSyntax } from "./parse/parser.ts";
import { selectorsOf } from "./parse/walk.ts";

/**
 * Parses and checks a query with everything experimental allowed; an Engine's own `parse` allows
 * what that engine does. Throws PromqlError("parse") with line and column.
 */
export function parse(query: string, limits?: ParseLimits): Expr {
  return check(query, parseSyntax(query, limits), ALL_EXPERIMENTAL);
}

/** The selectors of a query, in the order of its text. Throws PromqlError("parse"). */
export function extractSelectors(query: string): VectorSelector[] {
  return selectorsOf(parse(query));
}

/**
 * Parses a bare series selector, as `match[]` parameters hold them, to its matchers. Throws
 * PromqlError("parse"), also when it could match everything.
 */
export function parseSelector(text: string): Matcher[] {
  const expr = parseSyntax(text);
  if (
    expr.kind !== "vector_selector" ||
    expr.offset !== undefined ||
    expr.at !== undefined ||
    expr.edges !== undefined
  ) {
    throw parseError(text, expr.span, 'expected a series selector, like up{job="shop"}');
  }
  for (const matcher of expr.matchers) matcherTest(matcher);
  if (expr.matchers.every((matcher) => matchesEmpty(matcher))) {
    throw parseError(text, expr.span, "match[] must contain at least one non-empty matcher");
  }
  return [...expr.matchers];
}
