import { KahanSum } from "../../kahan.ts";
import { quantileOfSorted, sortNanFirst, warnInvalidQuantile } from "../quantile.ts";
import { infoHistogramsIgnored } from "./notes.ts";
import type { Window, WindowFunction, WindowSeries } from "./window.ts";

const kahan = new KahanSum();
const kahanMean = new KahanSum();
const kahanSquares = new KahanSum();

/** A function of floats alone: histograms beside them are ignored, with a note. */
function ofFloats(compute: (window: Window) => number): WindowFunction {
  return (window, out) => {
    if (window.low === window.high) return;
    noteIgnored(window);
    out.setFloat(compute(window));
  };
}

export function noteIgnored(window: Window): void {
  if (window.histogramLow === window.histogramHigh) return;
  infoHistogramsIgnored(window.annotations, window.series.name, window.rangeSpan);
}

/**
 * min and max keep, for the series at hand, the samples that may yet become the extreme of a later
 * window: each in order of time, none worse than the next. A window then costs what is new in it. A
 * series' first window may be its only one, so it is looked through without keeping anything.
 */
function extremeOverTime(
  better: (a: number, b: number) => boolean,
  extremeOf: (values: Float64Array, low: number, high: number) => number,
): WindowFunction {
  let series: WindowSeries | undefined;
  let candidates = new Int32Array(64);
  let head = 0;
  let tail = 0;
  let seen = 0;
  let before = 0;
  let isSecond = false;
  return ofFloats((window) => {
    const { low, high } = window;
    const { values } = window.series;
    if (series !== window.series) {
      ({ series } = window);
      before = low;
      isSecond = true;
      return extremeOf(values, low, high);
    }
    if (isSecond || low < before || high < seen || seen < low) {
      isSecond = false;
      head = 0;
      tail = 0;
      seen = low;
    }
    before = low;
    if (candidates.length < values.length) candidates = grown(candidates, values.length);
    for (; seen < high; seen += 1) {
      const value = values[seen] ?? 0;
      // NaN is worse than any number.
      if (Number.isNaN(value)) continue;
      // Of equal ones (0 and −0 are) the first stands.
      while (tail > head && better(value, values[candidates[tail - 1] ?? 0] ?? 0)) tail -= 1;
      if (tail === head) {
        head = 0;
        tail = 0;
      }
      candidates[tail] = seen;
      tail += 1;
    }
    while (head < tail && (candidates[head] ?? 0) < low) head += 1;
    return head === tail ? Number.NaN : (values[candidates[head] ?? 0] ?? 0);
  });
}

/** NaN is worse than any number; of equal ones (0 and −0 are) the first stands. */
function leastOf(values: Float64Array, low: number, high: number): number {
  let at = low;
  while (at < high && Number.isNaN(values[at] ?? 0)) at += 1;
  let least = at < high ? (values[at] ?? 0) : Number.NaN;
  for (; at < high; at += 1) {
    const value = values[at] ?? 0;
    if (value < least) least = value;
  }
  return least;
}

function mostOf(values: Float64Array, low: number, high: number): number {
  let at = low;
  while (at < high && Number.isNaN(values[at] ?? 0)) at += 1;
  let most = at < high ? (values[at] ?? 0) : Number.NaN;
  for (; at < high; at += 1) {
    const value = values[at] ?? 0;
    if (value > most) most = value;
  }
  return most;
}

function grown(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}

/** These remember the series they are at, so each evaluation makes its own. */
export const minOverTime = (): WindowFunction => extremeOverTime((a, b) => a < b, leastOf);
export const maxOverTime = (): WindowFunction => extremeOverTime((a, b) => a > b, mostOf);

/** Of equal extremes the last one's time counts. */
export const timeOfMin = ofFloats(({ series: { values, times }, low, high }) => {
  let at = low;
  for (let i = low + 1; i < high; i += 1) {
    const least = values[at] ?? 0;
    if ((values[i] ?? 0) <= least || Number.isNaN(least)) at = i;
  }
  return (times[at] ?? 0) / 1000;
});

export const timeOfMax = ofFloats(({ series: { values, times }, low, high }) => {
  let at = low;
  for (let i = low + 1; i < high; i += 1) {
    const most = values[at] ?? 0;
    if ((values[i] ?? 0) >= most || Number.isNaN(most)) at = i;
  }
  return (times[at] ?? 0) / 1000;
});

/** Welford's variance, compensated. */
function variance({ series: { values }, low, high }: Window): number {
  kahanMean.reset();
  kahanSquares.reset();
  for (let i = low; i < high; i += 1) {
    const value = values[i] ?? 0;
    const delta = value - kahanMean.total;
    kahanMean.add(delta / (i - low + 1));
    kahanSquares.add(delta * (value - kahanMean.total));
  }
  return kahanSquares.total / (high - low);
}

export const stdvarOverTime = ofFloats(variance);
export const stddevOverTime = ofFloats((window) => Math.sqrt(variance(window)));

export const quantileOverTime: WindowFunction = (window, out) => {
  if (window.low === window.high) return;
  const quantile = window.args[0]?.[window.step] ?? Number.NaN;
  warnInvalidQuantile(window.annotations, quantile, window.callSpan);
  noteIgnored(window);
  const sorted = sortNanFirst(window.series.values.slice(window.low, window.high));
  out.setFloat(quantileOfSorted(quantile, sorted));
};

/** The median of the distances from the median; NaN among the samples makes it NaN. */
export const madOverTime = ofFloats(({ series: { values }, low, high }) => {
  const sorted = sortNanFirst(values.slice(low, high));
  if (Number.isNaN(sorted[0])) return Number.NaN;
  const median = quantileOfSorted(0.5, sorted);
  const distances = sorted.map((value) => Math.abs(value - median));
  return quantileOfSorted(0.5, sortNanFirst(distances));
});

// The two below do KahanSum's work in local variables, which makes long windows several times faster.

/** The compensated sum of a window's floats. */
export function sumOfFloats({ series: { values }, low, high }: Window): number {
  let sum = 0;
  let compensation = 0;
  for (let i = low; i < high; i += 1) {
    const value = values[i] ?? 0;
    const total = sum + value;
    if (total - total !== 0) compensation = 0;
    else if (Math.abs(sum) >= Math.abs(value)) compensation += sum - total + value;
    else compensation += value - total + sum;
    sum = total;
  }
  return sum - sum === 0 ? sum + compensation : sum;
}

/** The mean of a window's floats; where the sum would overflow, goes on with an incremental mean. */
export function meanOfFloats(window: Window): number {
  const {
    series: { values },
    low,
    high,
  } = window;
  let sum = values[low] ?? 0;
  let compensation = 0;
  for (let i = low + 1; i < high; i += 1) {
    const value = values[i] ?? 0;
    const total = sum + value;
    if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) {
      return incrementalMean(window, i, sum / (i - low), compensation / (i - low));
    }
    if (Math.abs(sum) >= Math.abs(value)) compensation += sum - total + value;
    else compensation += value - total + sum;
    sum = total;
  }
  const count = high - low;
  return sum / count + compensation / count;
}

function incrementalMean(
  { series: { values }, low, high }: Window,
  from: number,
  mean: number,
  compensation: number,
): number {
  kahan.reset(mean, compensation);
  for (let i = from; i < high; i += 1) {
    const count = i - low + 1;
    const weight = (count - 1) / count;
    kahan.reset(weight * kahan.sum, weight * kahan.compensation);
    kahan.add((values[i] ?? 0) / count);
  }
  return kahan.total;
}

export const countOverTime: WindowFunction = (window, out) => {
  const count = sampleCount(window);
  if (count > 0) out.setFloat(count);
};

export const presentOverTime: WindowFunction = (window, out) => {
  if (sampleCount(window) > 0) out.setFloat(1);
};

function sampleCount({ low, high, histogramLow, histogramHigh }: Window): number {
  return high - low + histogramHigh - histogramLow;
}

/** Which of a window's edge samples counts: the last or first one, float or histogram. */
function edge(window: Window, last: boolean): { float: number; histogram: number } {
  const { series, low, high, histogramLow, histogramHigh } = window;
  const float = high > low ? (last ? high - 1 : low) : -1;
  const histogram = histogramHigh > histogramLow ? (last ? histogramHigh - 1 : histogramLow) : -1;
  if (float === -1 || histogram === -1) return { float, histogram };
  const earlier = (series.times[float] ?? 0) < (series.histogramTimes[histogram] ?? 0);
  return earlier === last ? { float: -1, histogram } : { float, histogram: -1 };
}

function edgeValue(last: boolean): WindowFunction {
  return (window, out) => {
    const { float, histogram } = edge(window, last);
    const held = window.series.histograms[histogram];
    if (float !== -1) out.setFloat(window.series.values[float] ?? 0);
    else if (held !== undefined) out.setHistogram(held);
  };
}

function edgeTime(last: boolean): WindowFunction {
  return (window, out) => {
    const { float, histogram } = edge(window, last);
    if (float !== -1) out.setFloat((window.series.times[float] ?? 0) / 1000);
    else if (histogram !== -1) {
      out.setFloat((window.series.histogramTimes[histogram] ?? 0) / 1000);
    }
  };
}

export const lastOverTime = edgeValue(true);
export const firstOverTime = edgeValue(false);
export const timeOfLast = edgeTime(true);
export const timeOfFirst = edgeTime(false);
