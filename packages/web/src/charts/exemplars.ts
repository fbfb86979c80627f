import { traceOf } from "@seaworthy/contract";
import type { ExemplarSeries } from "../api/prometheus.ts";
import type { Span } from "../time/time-range.ts";

/** A measured event that is known with its trace. */
export interface ChartExemplar {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string | undefined;
}

/**
 * The exemplars to show of a span, at most `most`: of each slice of time the one with the largest value,
 * which is the one worth a look.
 */
export function exemplarsToShow(
  series: readonly ExemplarSeries[],
  span: Span,
  most: number,
): readonly ChartExemplar[] {
  const width = (span.end - span.start) / most;
  const slices = new Map<number, ChartExemplar>();
  for (const { exemplars } of series)
    for (const { labels, value: text, timestamp } of exemplars) {
      const ids = traceOf(labels);
      const at = timestamp * 1000;
      if (ids === null || at < span.start || at >= span.end) continue;
      const value = Number(text);
      const slice = Math.floor((at - span.start) / width);
      const known = slices.get(slice);
      if (known !== undefined && !(value > known.value)) continue;
      slices.set(slice, { at, value, ...ids });
    }
  return [...slices.values()].sort((a, b) => a.at - b.at);
}
