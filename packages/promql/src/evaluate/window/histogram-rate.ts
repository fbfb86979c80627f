import { HistogramAccumulator } from "../../histogram/accumulator.ts";
import { usesCustomBuckets } from "../../histogram/buckets.ts";
import type { NativeHistogram } from "../../histogram/histogram.ts";
import { detectReset } from "../../histogram/reset.ts";
import { infoReconciled, warnMixedSchemas, warnNotCounter, warnNotGauge } from "./notes.ts";
import { noteOverlaps, startedBetween } from "./start-times.ts";
import type { Window } from "./window.ts";

/**
 * The last histogram of a window minus the first (or minus nothing, where the counter is known to
 * have begun in the window), plus what resets in between took away. undefined where they do not
 * fit together.
 */
export function histogramIncrease(
  window: Window,
  counter: boolean,
  fromZero: boolean,
): NativeHistogram | undefined {
  const { series, histogramLow, histogramHigh, annotations, rangeSpan } = window;
  const { histogramTimes: times, histogramStartTimes: startTimes } = series;
  const points = series.histograms.slice(histogramLow, histogramHigh);
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return undefined;
  noteHints(window, points, counter);
  const resetAt = (i: number): boolean => {
    const previous = points[i - 1];
    const current = points[i];
    if (!counter || previous === undefined || current === undefined) return false;
    const at = histogramLow + i;
    return (
      detectReset(current, previous) ||
      (startTimes !== undefined && startedBetween(times, startTimes, at - 1, at))
    );
  };
  // After a reset right behind it the first sample adds nothing, so its layout may be any.
  const skipFirst = fromZero || resetAt(1);
  const relevant = skipFirst ? points.slice(1) : counter ? points : [first, last];
  if (relevant.some((point) => usesCustomBuckets(point) !== usesCustomBuckets(last))) {
    warnMixedSchemas(annotations, series.name, rangeSpan);
    return undefined;
  }
  const total = new HistogramAccumulator(last);
  if (!usesCustomBuckets(last)) {
    total.lowerResolution(Math.min(...relevant.map(({ schema }) => schema)));
  }
  if (!skipFirst) total.add(first, -1);
  if (total.reconciled) infoReconciled(annotations, "subtraction", rangeSpan);
  for (let i = 1; i < points.length; i += 1) {
    const previous = points[i - 1];
    const known = i === 1 && skipFirst && !fromZero;
    if (previous === undefined || known || !resetAt(i)) continue;
    const before = total.reconciled;
    total.add(previous);
    if (total.reconciled && !before) infoReconciled(annotations, "addition", rangeSpan);
  }
  if (counter && startTimes !== undefined) {
    noteOverlaps(window, times, startTimes, histogramLow, histogramHigh);
  }
  return total.result("gauge");
}

/** A counter's functions want counters, a gauge's want gauges. */
function noteHints(window: Window, points: readonly NativeHistogram[], counter: boolean): void {
  const { annotations, series, rangeSpan } = window;
  if (counter) {
    if (points.some((point) => point.counterResetHint === "gauge")) {
      warnNotCounter(annotations, series.name, rangeSpan);
    }
    return;
  }
  const edges = [points[0], points.at(-1)];
  if (edges.some((point) => point !== undefined && point.counterResetHint !== "gauge")) {
    warnNotGauge(annotations, series.name, rangeSpan);
  }
}
