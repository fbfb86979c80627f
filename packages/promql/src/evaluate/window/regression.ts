import { PromqlError } from "../../errors.ts";
import { KahanSum } from "../../kahan.ts";
import { noteIgnored } from "./over-time.ts";
import type { Window, WindowFunction } from "./window.ts";

const sumX = new KahanSum();
const sumY = new KahanSum();
const sumXY = new KahanSum();
const sumXX = new KahanSum();
const line = { slope: 0, intercept: 0 };

/** Least squares over a window's floats; the intercept is the line's value at `originMs`. */
function fitLine({ series: { times, values }, low, high }: Window, originMs: number): void {
  for (const sum of [sumX, sumY, sumXY, sumXX]) sum.reset();
  const first = values[low] ?? 0;
  let constant = true;
  for (let i = low; i < high; i += 1) {
    const y = values[i] ?? 0;
    if (i > low && y !== first) constant = false;
    const x = ((times[i] ?? 0) - originMs) / 1000;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumXX.add(x * x);
  }
  if (constant) {
    const usable = Number.isFinite(first) || Number.isNaN(first);
    line.slope = usable ? 0 : Number.NaN;
    line.intercept = usable ? first : Number.NaN;
    return;
  }
  const n = high - low;
  const covariance = sumXY.total - (sumX.total * sumY.total) / n;
  const spread = sumXX.total - (sumX.total * sumX.total) / n;
  line.slope = covariance / spread;
  line.intercept = sumY.total / n - (line.slope * sumX.total) / n;
}

/** Two floats at least make a line; a single one beside histograms is worth a note. */
function hasLine(window: Window): boolean {
  const floats = window.high - window.low;
  if (floats > 0) noteIgnored(window);
  return floats >= 2;
}

export const deriv: WindowFunction = (window, out) => {
  if (!hasLine(window)) return;
  // An origin near the samples keeps the sums small and so exact.
  fitLine(window, window.series.times[window.low] ?? 0);
  out.setFloat(line.slope);
};

export const predictLinear: WindowFunction = (window, out) => {
  if (!hasLine(window)) return;
  fitLine(window, window.evaluationMs);
  out.setFloat(line.slope * (window.args[0]?.[window.step] ?? Number.NaN) + line.intercept);
};

export const doubleExponentialSmoothing: WindowFunction = (window, out) => {
  const smoothing = factor(window, 0, "smoothing");
  const trending = factor(window, 1, "trend");
  if (!hasLine(window)) return;
  const { values } = window.series;
  let previous = 0;
  let smoothed = values[window.low] ?? 0;
  let trend = (values[window.low + 1] ?? 0) - smoothed;
  for (let i = window.low + 1; i < window.high; i += 1) {
    if (i > window.low + 1) trend = trending * (smoothed - previous) + (1 - trending) * trend;
    const next = smoothing * (values[i] ?? 0) + (1 - smoothing) * (smoothed + trend);
    previous = smoothed;
    smoothed = next;
  }
  out.setFloat(smoothed);
};

function factor(window: Window, index: number, name: string): number {
  const value = window.args[index]?.[window.step] ?? Number.NaN;
  if (value <= 0 || value >= 1) {
    const short = name === "smoothing" ? "sf" : "tf";
    const message = `invalid ${name} factor. Expected: 0 < ${short} < 1, got: ${value.toFixed(6)}`;
    throw new PromqlError("execution", message, window.callSpan);
  }
  return value;
}
