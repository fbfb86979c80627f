import { RE2JS } from "re2js";
import type { Labels } from "./labels.ts";

/** The four comparisons of PromQL selectors and Alertmanager matchers. */
export type MatchOperator = "=" | "!=" | "=~" | "!~";

/** One condition on one label. Regular expressions are RE2 and match the whole value. */
export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

/**
 * Compiles a matcher to a predicate; an absent label is compared as the empty string.
 * Throws re2js's syntax error when a regular expression does not parse.
 */
export function compileMatcher(matcher: Matcher): (labels: Labels) => boolean {
  const { name, operator, value } = matcher;
  if (operator === "=") return (labels) => (labels[name] ?? "") === value;
  if (operator === "!=") return (labels) => (labels[name] ?? "") !== value;
  const pattern = RE2JS.compile(value, RE2JS.DOTALL);
  const wanted = operator === "=~";
  return (labels) => pattern.matches(labels[name] ?? "") === wanted;
}

/** Compiles a conjunction of matchers. No matchers match everything. */
export function compileMatchers(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map(compileMatcher);
  return (labels) => tests.every((test) => test(labels));
}

/** The matcher in Prometheus's notation, e.g. `job=~"shop|cart"`. */
export function formatMatcher(matcher: Matcher): string {
  const name = /^[A-Za-z_][A-Za-z0-9_]*$/.test(matcher.name)
    ? matcher.name
    : JSON.stringify(matcher.name);
  return `${name}${matcher.operator}${JSON.stringify(matcher.value)}`;
}
