import { scale, subtract } from "../../histogram/arithmetic.ts";
import type { NativeHistogram } from "../../histogram/histogram.ts";
import { detectReset } from "../../histogram/reset.ts";
import { histogramIncrease } from "./histogram-rate.ts";
import {
  infoReconciled,
  warnMixedSchemas,
  warnMixedTypes,
  warnNotCounter,
  warnNotGauge,
} from "./notes.ts";
import { noteOverlaps, startedBetween, zeroPoint } from "./start-times.ts";
import type { Window, WindowFunction } from "./window.ts";

/** rate, increase, delta: the change between a window's samples, extrapolated to its edges. */
function extrapolated(counter: boolean, perSecond: boolean): WindowFunction {
  return (window, out) => {
    const floats = window.high - window.low;
    const histograms = window.histogramHigh - window.histogramLow;
    if (floats > 0 && histograms > 0) {
      warnMixedTypes(window.annotations, window.series.name, window.rangeSpan);
      return;
    }
    if (histograms > 0) {
      const zero = counter ? histogramZeroPoint(window) : 0;
      if (histograms < 2 && zero === 0) return;
      const change = histogramIncrease(window, counter, zero !== 0);
      if (change === undefined) return;
      const { histogramTimes: times } = window.series;
      const first = window.series.histograms[window.histogramLow];
      const factor = extrapolation(window, {
        first: times[window.histogramLow] ?? 0,
        last: times[window.histogramHigh - 1] ?? 0,
        samples: histograms,
        zero,
        floor: counter && change.count > 0 ? (first?.count ?? 0) / change.count : -1,
      });
      out.setHistogram(scale(change, perSecond ? factor / windowSeconds(window) : factor));
      return;
    }
    const { times } = window.series;
    const zero = counter && floats > 0 ? zeroPoint(window.series, window.low, window.startMs) : 0;
    if (floats < 2 && zero === 0) return;
    const change = floatChange(window, counter, zero !== 0);
    const first = window.series.values[window.low] ?? 0;
    const factor = extrapolation(window, {
      first: times[window.low] ?? 0,
      last: times[window.high - 1] ?? 0,
      samples: floats,
      zero,
      floor: counter && change > 0 && first >= 0 ? first / change : -1,
    });
    out.setFloat(change * (perSecond ? factor / windowSeconds(window) : factor));
  };
}

export const rate = extrapolated(true, true);
export const increase = extrapolated(true, false);
export const delta = extrapolated(false, false);

function windowSeconds(window: Window): number {
  return (window.endMs - window.startMs) / 1000;
}

function histogramZeroPoint({ series, histogramLow, startMs }: Window): number {
  const { histogramTimes: times, histogramStartTimes: startTimes } = series;
  return startTimes === undefined ? 0 : zeroPoint({ times, startTimes }, histogramLow, startMs);
}

/** Last minus first, plus what resets in between took away. */
function floatChange(window: Window, counter: boolean, fromZero: boolean): number {
  const { series, low, high } = window;
  const { values, times, startTimes } = series;
  let change = (values[high - 1] ?? 0) - (fromZero ? 0 : (values[low] ?? 0));
  if (!counter || (!series.mayReset && startTimes === undefined)) return change;
  let previous = values[low] ?? 0;
  for (let i = low + 1; i < high; i += 1) {
    const value = values[i] ?? 0;
    if (value < previous) change += previous;
    else if (startTimes !== undefined && startedBetween(times, startTimes, i - 1, i)) {
      change += previous;
    }
    previous = value;
  }
  if (startTimes !== undefined) noteOverlaps(window, times, startTimes, low, high);
  return change;
}

interface Extent {
  readonly first: number;
  readonly last: number;
  readonly samples: number;
  /** When the counter was known to be zero, 0 if it is not known. */
  readonly zero: number;
  /** The first value as a share of the change, −1 where the counter's zero says nothing. */
  readonly floor: number;
}

/**
 * By what to multiply a change between samples to cover the window. To each edge it extrapolates
 * all the way when the edge is about as near as the next sample would have been, otherwise half a
 * sampling interval; and never to before a counter was zero.
 */
function extrapolation(window: Window, extent: Extent): number {
  const { first, last, samples, zero, floor } = extent;
  const between = samples > 1 ? (last - first) / 1000 / (samples - 1) : 0;
  const threshold = between * 1.1;
  const start = zero === 0 ? first : zero;
  const sampled = (last - start) / 1000;
  let toStart = zero === 0 ? (first - window.startMs) / 1000 : 0;
  let toEnd = (window.endMs - last) / 1000;
  if (zero === 0) {
    if (toStart >= threshold) toStart = between / 2;
    if (floor >= 0) toStart = Math.min(toStart, sampled * floor);
  }
  if (toEnd >= threshold) toEnd = between / 2;
  return (sampled + toStart + toEnd) / sampled;
}

interface Sample {
  readonly time: number;
  readonly float: number;
  readonly index: number;
  readonly histogram: NativeHistogram | undefined;
}

/** irate, idelta: the change between a window's last two samples. */
function instant(counter: boolean): WindowFunction {
  return (window, out) => {
    const pair = lastTwo(window);
    if (pair === undefined) return;
    const [before, after] = pair;
    const seconds = (after.time - before.time) / 1000;
    const { annotations, rangeSpan, series } = window;
    if (after.histogram === undefined && before.histogram === undefined) {
      const reset =
        counter &&
        (after.float < before.float ||
          (series.startTimes !== undefined &&
            startedBetween(series.times, series.startTimes, before.index, after.index)));
      const change = reset ? after.float : after.float - before.float;
      out.setFloat(counter ? change / seconds : change);
      return;
    }
    if (after.histogram === undefined || before.histogram === undefined) {
      warnMixedTypes(annotations, series.name, rangeSpan);
      return;
    }
    const gauges = [before, after].filter((s) => s.histogram?.counterResetHint === "gauge").length;
    if (counter && gauges > 0) warnNotCounter(annotations, series.name, rangeSpan);
    if (!counter && gauges < 2) warnNotGauge(annotations, series.name, rangeSpan);
    let change: NativeHistogram = after.histogram;
    const { histogramTimes, histogramStartTimes } = series;
    const reset =
      counter &&
      (detectReset(after.histogram, before.histogram) ||
        (histogramStartTimes !== undefined &&
          startedBetween(histogramTimes, histogramStartTimes, before.index, after.index)));
    if (!reset) {
      const difference = subtract(after.histogram, before.histogram);
      if (difference === undefined) {
        warnMixedSchemas(annotations, series.name, rangeSpan);
        return;
      }
      if (difference.reconciled) infoReconciled(annotations, "subtraction", rangeSpan);
      change = difference.result;
    }
    const gauge: NativeHistogram = { ...change, counterResetHint: "gauge" };
    out.setHistogram(counter ? scale(gauge, 1 / seconds) : gauge);
  };
}

export const irate = instant(true);
export const idelta = instant(false);

function lastTwo(window: Window): [Sample, Sample] | undefined {
  const found: Sample[] = [];
  const { series, low, high, histogramLow, histogramHigh } = window;
  let float = high - 1;
  let histogram = histogramHigh - 1;
  while (found.length < 2 && (float >= low || histogram >= histogramLow)) {
    const floatTime = float >= low ? (series.times[float] ?? 0) : Number.NEGATIVE_INFINITY;
    const histogramTime =
      histogram >= histogramLow
        ? (series.histogramTimes[histogram] ?? 0)
        : Number.NEGATIVE_INFINITY;
    if (floatTime > histogramTime) {
      found.push({
        time: floatTime,
        float: series.values[float] ?? 0,
        index: float,
        histogram: undefined,
      });
      float -= 1;
    } else {
      found.push({
        time: histogramTime,
        float: 0,
        index: histogram,
        histogram: series.histograms[histogram],
      });
      histogram -= 1;
    }
  }
  const [after, before] = found;
  if (after === undefined || before === undefined || after.time === before.time) return undefined;
  return [before, after];
}
