import type { NativeHistogram } from "../../histogram/histogram.ts";
import { withDerivedHints } from "../../histogram/reset.ts";
import { ABSENT, HISTOGRAM, type Grid, type RawSeries } from "../../source.ts";
import { timeAt } from "../../grid.ts";
import { bitsOf, isStaleAt } from "../../stale.ts";
import type { Column } from "../column.ts";
import type { WindowSeries } from "./window.ts";

const NOTHING = new Float64Array(0);

/** Makes a source's series ready for windows: without staleness markers, types apart. */
export function windowSeries(
  raw: RawSeries,
  {
    useStartTimes = false,
    deriveHints = false,
  }: { useStartTimes?: boolean; deriveHints?: boolean },
): WindowSeries {
  const { times, values } = raw;
  const histograms =
    deriveHints && raw.histograms !== undefined ? withDerivedHints(raw.histograms) : raw.histograms;
  const startTimes = useStartTimes ? raw.startTimes : undefined;
  const name = raw.labels.metricName;
  let mayReset = false;
  let anyNan = false;
  let before = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? 0;
    if (value < before) mayReset = true;
    if (Number.isNaN(value)) anyNan = true;
    before = value;
  }
  if (histograms === undefined && !(anyNan && hasStale(values))) {
    return {
      name,
      times,
      values,
      mayReset,
      ...(startTimes === undefined ? {} : { startTimes }),
      histogramTimes: NOTHING,
      histograms: [],
    };
  }
  const bits = bitsOf(values);
  const floats: number[] = [];
  const histogramAt: number[] = [];
  for (let i = 0; i < times.length; i += 1) {
    if (isStaleAt(bits, i)) continue;
    if (histograms?.[i] === undefined) floats.push(i);
    else histogramAt.push(i);
  }
  const pick = (from: Float64Array, indexes: readonly number[]): Float64Array =>
    Float64Array.from(indexes, (i) => from[i] ?? 0);
  return {
    name,
    times: pick(times, floats),
    values: pick(values, floats),
    mayReset: true,
    histogramTimes: pick(times, histogramAt),
    histograms: histogramAt.flatMap((i) => histograms?.[i] ?? []),
    ...(startTimes === undefined
      ? {}
      : {
          startTimes: pick(startTimes, floats),
          histogramStartTimes: pick(startTimes, histogramAt),
        }),
  };
}

function hasStale(values: Float64Array): boolean {
  const bits = bitsOf(values);
  for (let i = 0; i < values.length; i += 1) if (isStaleAt(bits, i)) return true;
  return false;
}

/** Makes a subquery's result ready for windows: its steps are the samples. */
export function windowSeriesOfColumn(column: Column, grid: Grid): WindowSeries {
  let floats = 0;
  let others = 0;
  for (const kind of column.kinds) {
    if (kind === HISTOGRAM) others += 1;
    else if (kind !== ABSENT) floats += 1;
  }
  const times = new Float64Array(floats);
  const values = new Float64Array(floats);
  const histogramTimes = new Float64Array(others);
  const histograms: NativeHistogram[] = [];
  let next = 0;
  for (let step = 0; step < grid.steps; step += 1) {
    const kind = column.kinds[step];
    if (kind === ABSENT) continue;
    if (kind === HISTOGRAM) {
      histogramTimes[histograms.length] = timeAt(grid, step);
      const histogram = column.histogramAt(step);
      if (histogram !== undefined) histograms.push(withoutHint(histogram));
    } else {
      times[next] = timeAt(grid, step);
      values[next] = column.values[step] ?? 0;
      next += 1;
    }
  }
  return {
    name: column.labels.metricName,
    times,
    values,
    mayReset: true,
    histogramTimes,
    histograms,
  };
}

/** A hint speaks of the sample before; a subquery may have skipped that one. */
function withoutHint(histogram: NativeHistogram): NativeHistogram {
  return histogram.counterResetHint === "gauge"
    ? histogram
    : { ...histogram, counterResetHint: "unknown" };
}
