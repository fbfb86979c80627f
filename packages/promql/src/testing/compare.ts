import { formatHistogram } from "../histogram/format.ts";
import type { Buckets, NativeHistogram } from "../histogram/histogram.ts";
import type { Labels } from "../labels.ts";
import { formatCompact, parseNumber } from "../number.ts";
import type { QueryValue } from "../result.ts";
import { FLOAT, HISTOGRAM } from "../source.ts";
import type { SampleValue } from "./memory-source.ts";
import type { EvalCommand } from "./script.ts";
import { parseSeries } from "./series-notation.ts";

const EPSILON = 1e-6;
const SMALLEST_NORMAL = 2.2250738585072014e-308;

interface Found {
  readonly labels: Labels;
  readonly points: Map<number, SampleValue>;
}

/** Compares a result with the lines under an `eval`; undefined when they agree. */
export function checkValue(command: EvalCommand, value: QueryValue): string | undefined {
  const { expected, expectedString } = command;
  if (expectedString !== undefined) {
    if (value.type === "string" && value.value === expectedString) return undefined;
    return `expected string ${JSON.stringify(expectedString)}, got ${JSON.stringify(value)}`;
  }
  if (value.type === "scalar") {
    const wanted = parseNumber(expected[0] ?? "");
    if (expected.length === 1 && wanted !== undefined && almostEqual(wanted, value.value)) {
      return undefined;
    }
    return `expected ${expected.join("; ")}, got scalar ${formatCompact(value.value)}`;
  }
  if (value.type === "string") {
    return `expected ${expected.join("; ")}, got string ${JSON.stringify(value.value)}`;
  }
  const wanted = wantedSeries(command);
  const found = foundSeries(value);
  const show = (): string => `expected ${describe(wanted)}, got ${describe(found)}`;
  if (wanted.length !== found.length) return show();
  const ordered = command.expectations.some(({ kind }) => kind === "ordered");
  const byKey = new Map(found.map((series) => [series.labels.key, series]));
  for (const [i, series] of wanted.entries()) {
    const match = ordered ? found[i] : byKey.get(series.labels.key);
    if (match === undefined || match.labels.key !== series.labels.key) return show();
    if (!samePoints(series.points, match.points)) return show();
  }
  return undefined;
}

function wantedSeries(command: EvalCommand): Found[] {
  const { startMs, stepMs } = command.expectedRange ?? command;
  const isInstant = command.stepMs === 0 && command.expectedRange === undefined;
  return command.expected.map((line) => {
    const { labels, values } = parseSeries(line);
    const points = new Map<number, SampleValue>();
    values.forEach((value, i) => {
      if (value !== undefined) points.set(isInstant ? startMs : startMs + i * stepMs, value);
    });
    return { labels, points };
  });
}

function foundSeries(value: QueryValue): Found[] {
  if (value.type === "vector") {
    return value.samples.map(({ labels, value: float, histogram }) => ({
      labels,
      points: new Map<number, SampleValue>([[value.timeMs, histogram ?? float]]),
    }));
  }
  if (value.type === "matrix") {
    return value.series.map(({ labels, times, values, histograms }) => ({
      labels,
      points: new Map(Array.from(times, (t, i) => [t, histograms?.[i] ?? values[i] ?? Number.NaN])),
    }));
  }
  if (value.type !== "grid") return [];
  const { grid } = value;
  return value.series.map(({ labels, kinds, values, histograms }) => {
    const points = new Map<number, SampleValue>();
    kinds.forEach((kind, step) => {
      const time = grid.startMs + step * grid.stepMs;
      const histogram = histograms?.[step];
      if (kind === FLOAT) points.set(time, values[step] ?? Number.NaN);
      else if (kind === HISTOGRAM && histogram !== undefined) points.set(time, histogram);
    });
    return { labels, points };
  });
}

function samePoints(wanted: Map<number, SampleValue>, found: Map<number, SampleValue>): boolean {
  if (wanted.size !== found.size) return false;
  for (const [time, value] of wanted) {
    const other = found.get(time);
    if (typeof value === "number" && typeof other === "number") {
      if (!almostEqual(value, other)) return false;
    } else if (typeof value === "object" && typeof other === "object") {
      if (!sameHistogram(value, other)) return false;
    } else return false;
  }
  return true;
}

function sameHistogram(a: NativeHistogram, b: NativeHistogram): boolean {
  return (
    a.schema === b.schema &&
    almostEqual(a.count, b.count) &&
    almostEqual(a.sum, b.sum) &&
    a.zeroThreshold === b.zeroThreshold &&
    almostEqual(a.zeroCount, b.zeroCount) &&
    a.customValues.length === b.customValues.length &&
    a.customValues.every((bound, i) => bound === b.customValues[i]) &&
    sameBuckets(a.positive, b.positive) &&
    sameBuckets(a.negative, b.negative) &&
    (a.counterResetHint === "unknown" || a.counterResetHint === b.counterResetHint)
  );
}

function sameBuckets(a: Buckets, b: Buckets): boolean {
  const left = populated(a);
  const right = populated(b);
  return (
    left.length === right.length &&
    left.every(([index, count], i) => {
      const [otherIndex, otherCount] = right[i] ?? [];
      return index === otherIndex && almostEqual(count, otherCount ?? Number.NaN);
    })
  );
}

function populated({ indexes, counts }: Buckets): [number, number][] {
  return Array.from(indexes, (index, i): [number, number] => [index, counts[i] ?? 0]).filter(
    ([, count]) => count !== 0,
  );
}

/** Equal within a relative 1e-6; NaN equals NaN, and next to zero nothing else will do. */
export function almostEqual(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  const size = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || size < SMALLEST_NORMAL) return difference < EPSILON * SMALLEST_NORMAL;
  return difference / Math.min(size, Number.MAX_VALUE) < EPSILON;
}

function describe(series: readonly Found[]): string {
  if (series.length === 0) return "nothing";
  return series
    .map(({ labels, points }) => {
      const shown = [...points].map(([time, value]) => `${show(value)}@${time / 1000}`);
      return `${labels.toString()} ${shown.join(" ")}`;
    })
    .join("; ");
}

function show(value: SampleValue): string {
  if (typeof value === "number") return formatCompact(value);
  if (value === "stale") return value;
  const hint = value.counterResetHint === "unknown" ? "" : ` ${value.counterResetHint}`;
  return `${formatHistogram(value)}${hint}`;
}
