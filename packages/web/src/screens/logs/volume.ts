import type { Series } from "../../api/prometheus.ts";
import type { Span } from "../../time/time-range.ts";
import { levelOf, levels, type Level } from "./level.ts";

/** The lines of one step of time, by level. */
export interface Bucket {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly counts: Readonly<Record<Level, number>>;
  readonly total: number;
}

/** Gathers counts by level into one bucket a step; a point counts the step that ends with it. */
export function bucketsOf(series: readonly Series[], span: Span, step: number): readonly Bucket[] {
  const width = step * 1000;
  const amount = Math.max(0, Math.round((span.end - span.start) / width));
  const counts = Array.from(
    { length: amount },
    () => Object.fromEntries(levels.map((level) => [level, 0])) as Record<Level, number>,
  );
  for (const { metric, values } of series) {
    const level = levelOf(metric["detected_level"]);
    for (const [at, value] of values) {
      const bucket = counts[Math.round((at * 1000 - span.start) / width) - 1];
      if (bucket !== undefined) bucket[level] += Number(value);
    }
  }
  return counts.map((each, index) => ({
    start: span.start + index * width,
    end: span.start + (index + 1) * width,
    counts: each,
    total: levels.reduce((sum, level) => sum + each[level], 0),
  }));
}
