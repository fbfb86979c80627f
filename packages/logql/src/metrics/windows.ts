import type { RangeAggregation } from "../ast.ts";
import type { Grid } from "../source.ts";

/** Samples of one series in the order of their times (ms since the grid's start), and what they are worth. */
export interface Samples {
  readonly times: number[];
  readonly values: number[];
}

/** Evaluates a range aggregation over a series' samples at each moment of the grid. */
export function overWindows(
  expr: RangeAggregation,
  samples: Samples,
  grid: Grid,
  put: (index: number, value: number) => void,
): void {
  const { times, values } = samples;
  const { rangeMs, offsetMs } = expr;
  let from = 0;
  let to = 0;
  for (let i = 0; i < grid.count; i += 1) {
    const end = i * grid.stepMs - offsetMs;
    // A window begins after its start and ends with its end.
    while (to < times.length && (times[to] ?? 0) <= end) to += 1;
    while (from < to && (times[from] ?? 0) <= end - rangeMs) from += 1;
    if (to > from) {
      const window = { values: values.slice(from, to), times: times.slice(from, to) };
      const value = reduce(expr, window, end);
      if (value !== undefined) put(i, value);
    }
  }
}

function reduce(
  expr: RangeAggregation,
  { values, times }: Samples,
  end: number,
): number | undefined {
  const seconds = expr.rangeMs / 1000;
  switch (expr.operator) {
    case "count_over_time":
      return values.length;
    case "rate":
    case "bytes_rate":
      return sum(values) / seconds;
    case "bytes_over_time":
    case "sum_over_time":
      return sum(values);
    case "avg_over_time":
      return sum(values) / values.length;
    case "min_over_time":
      return values.reduce((a, b) => (b < a || Number.isNaN(a) ? b : a));
    case "max_over_time":
      return values.reduce((a, b) => (b > a || Number.isNaN(a) ? b : a));
    case "first_over_time":
      return values[0];
    case "last_over_time":
      return values.at(-1);
    case "stdvar_over_time":
      return variance(values);
    case "stddev_over_time":
      return Math.sqrt(variance(values));
    case "quantile_over_time":
      return quantile(expr.parameter ?? 0, values);
    case "absent_over_time":
      return 1;
    case "rate_counter":
      return counterRate(values, times, end, expr.rangeMs);
    default:
      return expr.operator satisfies never;
  }
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

export function variance(values: readonly number[]): number {
  const mean = sum(values) / values.length;
  return values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
}

/** Interpolates as Prometheus does. */
function quantile(q: number, values: readonly number[]): number {
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(sorted.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return (sorted[lower] ?? 0) * (1 - weight) + (sorted[upper] ?? 0) * weight;
}

/** Prometheus's rate of a counter: resets are added up, the ends extrapolated. */
function counterRate(
  values: readonly number[],
  times: readonly number[],
  end: number,
  rangeMs: number,
): number | undefined {
  if (values.length < 2) return undefined;
  const [first = 0, firstAt = 0] = [values[0], times[0]];
  const [last = 0, lastAt = 0] = [values.at(-1), times.at(-1)];
  let increase = last - first;
  for (let i = 1; i < values.length; i += 1) {
    if ((values[i] ?? 0) < (values[i - 1] ?? 0)) increase += values[i - 1] ?? 0;
  }
  const sampled = (lastAt - firstAt) / 1000;
  const average = sampled / (values.length - 1);
  const threshold = average * 1.1;
  let toStart = (firstAt - (end - rangeMs)) / 1000;
  let toEnd = (end - lastAt) / 1000;
  if (increase > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / increase));
  if (toStart >= threshold) toStart = average / 2;
  if (toEnd >= threshold) toEnd = average / 2;
  const factor = (sampled + toStart + toEnd) / sampled;
  return (increase * factor) / (rangeMs / 1000);
}
