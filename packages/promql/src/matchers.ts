import { PromqlError } from "./errors.ts";
import { METRIC_NAME, type Labels } from "./labels.ts";
import { compileAnchored } from "./regexp.ts";

export type MatchOperator = "=" | "!=" | "=~" | "!~";

/**
 * A label matcher with Prometheus's semantics: a missing label has the value "", and regular
 * expressions are RE2, anchored at both ends.
 */
export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

/** Compiles a matcher to a test on the label's value. Throws PromqlError on a bad regexp. */
export function matcherTest(matcher: Matcher): (value: string) => boolean {
  const { operator, value: wanted } = matcher;
  if (operator === "=") return (value) => value === wanted;
  if (operator === "!=") return (value) => value !== wanted;
  const regexp = compileMatcher(wanted);
  return operator === "=~" ? (value) => regexp.test(value) : (value) => !regexp.test(value);
}

function compileMatcher(source: string): { test(value: string): boolean } {
  try {
    return compileAnchored(source);
  } catch (error) {
    throw new PromqlError("parse", error instanceof Error ? error.message : String(error));
  }
}

/** Whether the matcher accepts a series that lacks the label. */
export function matchesEmpty(matcher: Matcher): boolean {
  return matcherTest(matcher)("");
}

/** Compiles a whole selector to a test on label sets. */
export function selectorTest(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
  return (labels) => tests.every(({ name, test }) => test(labels.get(name)));
}

/** The metric name that the matchers pin by equality, undefined when they do not. */
export function pinnedMetricName(matchers: readonly Matcher[]): string | undefined {
  return matchers.find(
    ({ name, operator, value }) => name === METRIC_NAME && operator === "=" && value !== "",
  )?.value;
}
