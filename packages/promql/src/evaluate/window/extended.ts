import { HistogramAccumulator } from "../../histogram/accumulator.ts";
import { scale } from "../../histogram/arithmetic.ts";
import type { NativeHistogram } from "../../histogram/histogram.ts";
import { detectReset } from "../../histogram/reset.ts";
import { interpolateFloat, interpolateHistogram } from "./interpolate.ts";
import { warnMixedSchemas, warnMixedTypes, warnNotCounter, warnNotGauge } from "./notes.ts";
import type { Window, WindowFunction } from "./window.ts";

interface Kind {
  readonly smoothed: boolean;
  readonly counter: boolean;
  readonly perSecond: boolean;
}

interface Point<T> {
  readonly time: number;
  readonly value: T;
}

/**
 * rate, increase and delta over an `anchored` or `smoothed` range. The window holds samples from
 * beyond its edges; an anchored one starts from the last sample at or before its start, a smoothed
 * one from the values interpolated at both edges. Nothing is extrapolated.
 */
export function extendedRate(kind: Kind): WindowFunction {
  return (window, out) => {
    const floats = window.high - window.low;
    const histograms = window.histogramHigh - window.histogramLow;
    if (floats > 0 && histograms > 0) {
      warnMixedTypes(window.annotations, window.series.name, window.rangeSpan);
      return;
    }
    const seconds = kind.perSecond ? (window.endMs - window.startMs) / 1000 : 1;
    if (histograms > 0) {
      const change = histogramChange(window, kind);
      if (change !== undefined) out.setHistogram(scale(change, 1 / seconds));
    } else if (floats > 0) {
      const change = floatChange(window, kind);
      if (change !== undefined) out.setFloat(change / seconds);
    }
  };
}

/** The outermost samples that matter, undefined where none is inside the window. */
function extent(
  times: Float64Array,
  low: number,
  high: number,
  { startMs, endMs }: Window,
  smoothed: boolean,
): { first: number; last: number } | undefined {
  let first = low;
  while (first + 1 < high && (times[first + 1] ?? 0) <= startMs) first += 1;
  let last = high - 1;
  if (smoothed) while (last > low && (times[last - 1] ?? 0) >= endMs) last -= 1;
  if ((times[last] ?? 0) <= startMs || (times[first] ?? 0) > endMs) return undefined;
  return { first, last };
}

function floatChange(window: Window, { smoothed, counter }: Kind): number | undefined {
  const { times, values } = window.series;
  const found = extent(times, window.low, window.high, window, smoothed);
  if (found === undefined) return undefined;
  const { first, last } = found;
  const point = (i: number): Point<number> => ({ time: times[i] ?? 0, value: values[i] ?? 0 });
  const left =
    smoothed && point(first).time < window.startMs && first < last
      ? interpolateFloat(point(first), point(first + 1), window.startMs, counter)
      : point(first).value;
  const right =
    smoothed && point(last).time > window.endMs && last > first
      ? interpolateFloat(point(last - 1), point(last), window.endMs, counter)
      : point(last).value;
  let change = right - left;
  if (!counter) return change;
  let previous = left;
  for (let i = first; i <= last; i += 1) {
    const { time, value } = point(i);
    if (time <= window.startMs || time >= window.endMs) continue;
    if (value < previous) change += previous;
    previous = value;
  }
  return right < previous ? change + previous : change;
}

function histogramChange(window: Window, { smoothed, counter }: Kind): NativeHistogram | undefined {
  const { histogramTimes: times, histograms, name } = window.series;
  const { annotations, rangeSpan } = window;
  const found = extent(times, window.histogramLow, window.histogramHigh, window, smoothed);
  if (found === undefined) return undefined;
  const points: Point<NativeHistogram>[] = [];
  for (let i = found.first; i <= found.last; i += 1) {
    const value = histograms[i];
    if (value !== undefined) points.push({ time: times[i] ?? 0, value });
  }
  const [first, second] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return undefined;
  noteHints(window, points, counter);
  const before = points.at(-2);
  const leftBetween = smoothed && first.time < window.startMs && second !== undefined;
  const rightBetween = smoothed && last.time > window.endMs && before !== undefined;
  const left = leftBetween
    ? interpolateHistogram(first, second, window.startMs, counter)
    : first.value;
  const right = rightBetween
    ? interpolateHistogram(before, last, window.endMs, counter)
    : last.value;
  const total = right === undefined ? undefined : new HistogramAccumulator(right);
  if (left === undefined || right === undefined || total?.accepts(left) !== true) {
    warnMixedSchemas(annotations, name, rangeSpan);
    return undefined;
  }
  total.add(left, -1);
  // Both edges on the same line between two samples: a reset there is in both already.
  const sameSegment = leftBetween && rightBetween && points.length === 2;
  if (counter && !sameSegment) {
    const inner = (rightBetween ? points : points.slice(0, -1))
      .filter(({ time }) => time > window.startMs && time < window.endMs)
      .map(({ value }) => value);
    if (!addResets(total, [left, ...inner, ...(points.length > 1 ? [right] : [])], leftBetween)) {
      warnMixedSchemas(annotations, name, rangeSpan);
      return undefined;
    }
  }
  return total.result("gauge");
}

/** Adds back what each reset took away; false where the layouts do not fit. */
function addResets(
  total: HistogramAccumulator,
  chain: readonly NativeHistogram[],
  interpolatedStart: boolean,
): boolean {
  for (let i = 1; i < chain.length; i += 1) {
    const previous = chain[i - 1];
    const current = chain[i];
    if (previous === undefined || current === undefined) continue;
    // The line to the first inner sample began behind its reset, so its hint is used up.
    const judged: NativeHistogram =
      i === 1 && interpolatedStart && previous.counterResetHint === "reset"
        ? { ...current, counterResetHint: "unknown" }
        : current;
    if (!detectReset(judged, previous)) continue;
    if (!total.accepts(previous)) return false;
    total.add(previous);
  }
  return true;
}

function noteHints(
  window: Window,
  points: readonly Point<NativeHistogram>[],
  counter: boolean,
): void {
  const { annotations, rangeSpan, series } = window;
  if (counter) {
    if (points.some(({ value }) => value.counterResetHint === "gauge")) {
      warnNotCounter(annotations, series.name, rangeSpan);
    }
  } else if (
    [points[0], points.at(-1)].some((point) => point?.value.counterResetHint !== "gauge")
  ) {
    warnNotGauge(annotations, series.name, rangeSpan);
  }
}

/** changes and resets over an anchored range: the anchor is the first sample they look at. */
export function anchoredCount(inner: WindowFunction): WindowFunction {
  return (window, out) => {
    const { series, startMs } = window;
    const anchorFloat = lastAtOrBefore(series.times, window.low, window.high, startMs);
    const anchorHistogram = lastAtOrBefore(
      series.histogramTimes,
      window.histogramLow,
      window.histogramHigh,
      startMs,
    );
    const inside =
      window.high -
      Math.max(anchorFloat + 1, window.low) +
      (window.histogramHigh - Math.max(anchorHistogram + 1, window.histogramLow));
    if (inside === 0) return;
    const floatTime = anchorFloat < 0 ? Number.NEGATIVE_INFINITY : (series.times[anchorFloat] ?? 0);
    const histogramTime =
      anchorHistogram < 0
        ? Number.NEGATIVE_INFINITY
        : (series.histogramTimes[anchorHistogram] ?? 0);
    const { low, histogramLow } = window;
    // Of a float and a histogram before the window only the later one is the anchor.
    if (anchorFloat >= 0) window.low = floatTime > histogramTime ? anchorFloat : anchorFloat + 1;
    if (anchorHistogram >= 0) {
      window.histogramLow = histogramTime > floatTime ? anchorHistogram : anchorHistogram + 1;
    }
    inner(window, out);
    window.low = low;
    window.histogramLow = histogramLow;
  };
}

/** The index of the last time not after `limit`, −1 when all are. */
function lastAtOrBefore(times: Float64Array, low: number, high: number, limit: number): number {
  let found = -1;
  for (let i = low; i < high && (times[i] ?? 0) <= limit; i += 1) found = i;
  return found;
}
