import { parseDuration } from "../duration.ts";
import { CUSTOM_BUCKETS_SCHEMA, type NativeHistogram } from "../histogram/histogram.ts";
import { bucketsFrom, NO_BUCKETS } from "../histogram/buckets.ts";
import { Labels, METRIC_NAME } from "../labels.ts";
import { parseFloatStrictly } from "../number.ts";
import type { MemorySource } from "./memory-source.ts";
import type { LoadCommand } from "./script.ts";
import { type NotatedSeries, parseMetric, parseSeries, splitSeries } from "./series-notation.ts";

const START_TIMES = "@st";

/** Carries out a `load` command. */
export function loadSeries(source: MemorySource, { series, stepMs, withNhcb }: LoadCommand): void {
  const startTimes = new Map<string, (number | undefined)[]>();
  for (const line of series) {
    const { metric, points } = splitSeries(line);
    if (!metric.endsWith(START_TIMES)) continue;
    const labels = parseMetric(metric.slice(0, -START_TIMES.length));
    startTimes.set(labels.key, parseOffsets(points));
  }
  const classic = new ClassicHistograms();
  const loaded = new Map<string, NotatedSeries>();
  for (const line of series) {
    if (splitSeries(line).metric.endsWith(START_TIMES)) continue;
    const parsed = parseSeries(line);
    // Of a series that one command names twice, the last counts.
    loaded.set(parsed.labels.key, parsed);
  }
  for (const { labels, values } of loaded.values()) {
    const offsets = startTimes.get(labels.key);
    values.forEach((value, i) => {
      if (value === undefined) return;
      const time = i * stepMs;
      const offset = offsets?.[i];
      source.add(labels, time, value, offset === undefined ? 0 : time + offset);
      if (withNhcb && typeof value === "number") classic.add(labels, time, value);
    });
  }
  classic.store(source);
}

/** Start times by offset from the sample's own time: `-30s-1mx2`, `-1mx15`, `_`, `0`. */
function parseOffsets(text: string): (number | undefined)[] {
  const offsets: (number | undefined)[] = [];
  for (const word of text.split(/\s+/)) {
    const gap = /^_(?:x(\d+))?$/.exec(word);
    if (gap !== null) {
      for (let i = 0; i < Number(gap[1] ?? 1); i += 1) offsets.push(undefined);
      continue;
    }
    const match = /^([+-]?)(\w+?)(?:([+-])(\w+?))?(?:x(\d+))?$/.exec(word);
    if (match === null) throw new Error(`bad start time ${JSON.stringify(word)}`);
    const [, sign = "", startText = "", stepSign = "", stepText, times = "0"] = match;
    const start = signed(sign, startText);
    const step = stepText === undefined ? 0 : signed(stepSign, stepText);
    for (let i = 0; i <= Number(times); i += 1) offsets.push(start + i * step);
  }
  return offsets;
}

function signed(sign: string, duration: string): number {
  return (sign === "-" ? -1 : 1) * parseDuration(duration);
}

interface ClassicPoint {
  readonly buckets: Map<number, number>;
  sum: number;
  count: number | undefined;
}

/** Puts together the series of classic histograms to native ones with custom buckets. */
class ClassicHistograms {
  readonly #series = new Map<string, { labels: Labels; points: Map<number, ClassicPoint> }>();

  add(labels: Labels, time: number, value: number): void {
    const match = /^(.*)_(bucket|sum|count)$/.exec(labels.metricName);
    if (match === null) return;
    const [, base = "", part = ""] = match;
    const le = parseFloatStrictly(labels.get("le"));
    if (part === "bucket" && le === undefined) return;
    const own = Labels.of([...[...labels].filter(([name]) => name !== "le"), [METRIC_NAME, base]]);
    let series = this.#series.get(own.key);
    if (series === undefined) {
      series = { labels: own, points: new Map() };
      this.#series.set(own.key, series);
    }
    let point = series.points.get(time);
    if (point === undefined) {
      point = { buckets: new Map(), sum: 0, count: undefined };
      series.points.set(time, point);
    }
    if (part === "bucket" && le !== undefined) point.buckets.set(le, value);
    else if (part === "sum") point.sum = value;
    else point.count = value;
  }

  store(source: MemorySource): void {
    for (const { labels, points } of this.#series.values()) {
      for (const [time, point] of points) {
        const histogram = customHistogram(point);
        if (histogram !== undefined) source.add(labels, time, histogram);
      }
    }
  }
}

/** undefined where the buckets are not those of a histogram: none, or falling counts. */
function customHistogram({ buckets, sum, count }: ClassicPoint): NativeHistogram | undefined {
  const bounds = [...buckets.keys()].sort((a, b) => a - b);
  if (bounds.length === 0) return undefined;
  const finite = bounds.filter((bound) => bound !== Number.POSITIVE_INFINITY);
  const counts = new Map<number, number>();
  let below = 0;
  for (const [i, bound] of bounds.entries()) {
    const cumulative = buckets.get(bound) ?? 0;
    if (cumulative < below) return undefined;
    counts.set(i, cumulative - below);
    below = cumulative;
  }
  const total = count ?? below;
  if (finite.length === bounds.length && total > below) counts.set(bounds.length, total - below);
  return {
    schema: CUSTOM_BUCKETS_SCHEMA,
    count: total,
    sum,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: bucketsFrom(counts),
    negative: NO_BUCKETS,
    customValues: Float64Array.from(finite),
    counterResetHint: "unknown",
  };
}
