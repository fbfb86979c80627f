import { timeAt } from "../../grid.ts";
import type { Grid } from "../../source.ts";
import type { Column } from "../column.ts";
import type { WindowSeries } from "./window.ts";

/** Which of the three extrapolating functions. */
export interface RateKind {
  readonly counter: boolean;
  readonly perSecond: boolean;
}

const KINDS: ReadonlyMap<string, RateKind> = new Map([
  ["rate", { counter: true, perSecond: true }],
  ["increase", { counter: true, perSecond: false }],
  ["delta", { counter: false, perSecond: false }],
]);

/** The kind of a function over plain windows of a series that has floats alone, without start times. */
export function plainRateKind(name: string, series: WindowSeries): RateKind | undefined {
  return series.histogramTimes.length === 0 && series.startTimes === undefined
    ? KINDS.get(name)
    : undefined;
}

/** Where the counter at hand fell; good for one series. */
let falls = new Int32Array(64);

function findFalls({ values, mayReset }: WindowSeries): number {
  if (!mayReset) return 0;
  if (falls.length < values.length) falls = new Int32Array(values.length);
  let count = 0;
  for (let i = 1; i < values.length; i += 1) {
    if ((values[i] ?? 0) < (values[i - 1] ?? 0)) {
      falls[count] = i;
      count += 1;
    }
  }
  return count;
}

/**
 * What `extrapolated` in rate.ts gives, number for number and operation by operation, in one loop: most
 * queries are rates of such series, and a call, an object and a scan for resets a window cost more
 * than the arithmetic.
 */
export function slidePlainRate(
  series: WindowSeries,
  grid: Grid,
  rangeMs: number,
  { counter, perSecond }: RateKind,
  column: Column,
): void {
  const { times, values } = series;
  const { kinds, values: results } = column;
  const { steps } = grid;
  const size = times.length;
  const fallen = counter ? findFalls(series) : 0;
  let fall = 0;
  let low = 0;
  let high = 0;
  for (let step = 0; step < steps; step += 1) {
    const end = timeAt(grid, step);
    const start = end - rangeMs;
    while (high < size && (times[high] ?? 0) <= end) high += 1;
    while (low < high && (times[low] ?? 0) <= start) low += 1;
    const samples = high - low;
    if (samples < 2) {
      if (low === size) return;
      continue;
    }
    const first = values[low] ?? 0;
    let change = (values[high - 1] ?? 0) - first;
    if (fallen > 0) {
      while (fall < fallen && (falls[fall] ?? 0) <= low) fall += 1;
      for (let i = fall; i < fallen; i += 1) {
        const at = falls[i] ?? 0;
        if (at >= high) break;
        change += values[at - 1] ?? 0;
      }
    }
    const firstTime = times[low] ?? 0;
    const lastTime = times[high - 1] ?? 0;
    const sampled = (lastTime - firstTime) / 1000;
    const between = sampled / (samples - 1);
    const threshold = between * 1.1;
    let toStart = (firstTime - start) / 1000;
    if (toStart >= threshold) toStart = between / 2;
    if (counter && change > 0 && first >= 0) {
      // Not to before the counter was zero.
      const toZero = sampled * (first / change);
      if (toZero < toStart) toStart = toZero;
    }
    let toEnd = (end - lastTime) / 1000;
    if (toEnd >= threshold) toEnd = between / 2;
    const factor = (sampled + toStart + toEnd) / sampled;
    kinds[step] = 1;
    results[step] = change * (perSecond ? factor / ((end - start) / 1000) : factor);
  }
}
