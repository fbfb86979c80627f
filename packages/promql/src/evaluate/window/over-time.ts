import { KahanSum } from "../../kahan.ts";
import { quantileOfSorted, sortNanFirst, warnInvalidQuantile } from "../quantile.ts";
import { infoHistogramsIgnored } from "./notes.ts";
import type { Window, WindowFunction } from "./window.ts";

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

export const minOverTime = ofFloats(({ series: { values }, low, high }) => {
  let least = values[low] ?? 0;
  for (let i = low + 1; i < high; i += 1) {
    const value = values[i] ?? 0;
    if (value < least || Number.isNaN(least)) least = value;
  }
  return least;
});

export const maxOverTime = ofFloats(({ series: { values }, low, high }) => {
  let most = values[low] ?? 0;
  for (let i = low + 1; i < high; i += 1) {
    const value = values[i] ?? 0;
    if (value > most || Number.isNaN(most)) most = value;
  }
  return most;
});

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
  let count = 0;
  for (let i = low; i < high; i += 1) {
    const value = values[i] ?? 0;
    count += 1;
    const delta = value - kahanMean.total;
    kahanMean.add(delta / count);
    kahanSquares.add(delta * (value - kahanMean.total));
  }
  return kahanSquares.total / count;
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

export function sumOfFloats({ series: { values }, low, high }: Window): number {
  kahan.reset();
  for (let i = low; i < high; i += 1) kahan.add(values[i] ?? 0);
  return kahan.sum === Number.POSITIVE_INFINITY || kahan.sum === Number.NEGATIVE_INFINITY
    ? kahan.sum
    : kahan.total;
}

/** Sums up and divides; where the sum would overflow, goes on with an incremental mean. */
export function meanOfFloats({ series: { values }, low, high }: Window): number {
  kahan.reset(values[low] ?? 0);
  let count = 1;
  let incremental = false;
  for (let i = low + 1; i < high; i += 1) {
    const value = values[i] ?? 0;
    count += 1;
    if (!incremental) {
      const { sum, compensation } = kahan;
      kahan.add(value);
      if (Math.abs(kahan.sum) !== Number.POSITIVE_INFINITY) continue;
      incremental = true;
      kahan.reset(sum / (count - 1), compensation / (count - 1));
    }
    const weight = (count - 1) / count;
    kahan.reset(weight * kahan.sum, weight * kahan.compensation);
    kahan.add(value / count);
  }
  return incremental ? kahan.total : kahan.sum / count + kahan.compensation / count;
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
