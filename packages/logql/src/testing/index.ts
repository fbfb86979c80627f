import type { Matcher } from "../ast.ts";
import type { Labels } from "../labels.ts";
import { compileMatcher } from "../pipeline/filters.ts";
import type { LogEntry, Source } from "../source.ts";

/** Lines in memory, for tests: answers every line of a selector, in order. */
export function memorySource(entries: readonly LogEntry[]): Source {
  const sorted = entries.toSorted((a, b) => Number(a.timeNs - b.timeNs));
  return {
    async *entries({ log, startNs, endNs, direction }) {
      const matches = compileMatchers(log.matchers);
      const found = sorted.filter(
        ({ timeNs, stream }) => timeNs >= startNs && timeNs < endNs && matches(stream),
      );
      yield direction === "forward" ? found : found.toReversed();
    },
  };
}

function compileMatchers(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map((matcher) => ({ matcher, test: compileMatcher(matcher) }));
  return (labels) => tests.every(({ matcher, test }) => test(labels[matcher.name] ?? ""));
}
