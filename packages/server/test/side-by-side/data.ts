import type { VectorSelector } from "@seaworthy/promql";
import { METRIC_NAME, setStale } from "../../src/model/index.ts";
import type {
  HistogramEntry,
  HistogramSample,
  Labels,
  SampleBatch,
} from "../../src/model/index.ts";

/** A sample of a series at one step: undefined where it has none. */
type Value = number | "stale" | HistogramSample | undefined;

interface Series {
  readonly labels: Labels;
  readonly at: (step: number) => Value;
}

const STEP_MS = 15_000;
/** Two hours. */
const STEPS = 480;
/** Steps of one batch: what a receiver of remote writes takes without calling it too old. */
const STEPS_OF_BATCH = 20;

/** Numbers that look random and are the same every time, in [0, 1). */
function noise(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
}

/** A number for a text: series of other labels have other values. */
function seedOf(text: string): number {
  let seed = 0;
  for (const character of text) seed = (seed * 31 + character.charCodeAt(0)) % 100_003;
  return seed;
}

function counter(seed: number, step: number, resetEvery: number): number {
  const from = resetEvery === 0 ? 0 : step - (step % resetEvery);
  let total = 0;
  for (let s = from; s <= step; s += 1) total += Math.floor(noise(seed + s * 7) * 20);
  return total;
}

function native(seed: number, step: number): HistogramSample {
  const from = step - (step % 150);
  const counts = [0, 0, 0, 0];
  for (let s = from; s <= step; s += 1) {
    const bucket = Math.floor(noise(seed + s) * 4);
    counts[bucket] = (counts[bucket] ?? 0) + 1 + Math.floor(noise(seed * 3 + s) * 5);
  }
  const [zero = 0, ...rest] = counts;
  return {
    schema: 1,
    count: counts.reduce((sum, count) => sum + count, 0),
    sum: rest.reduce((sum, count, i) => sum + count * (i + 1.5), 0),
    zeroThreshold: 0.001,
    zeroCount: zero,
    positive: { indexes: Int32Array.of(1, 2, 5), counts: Float64Array.from(rest) },
    negative: { indexes: new Int32Array(), counts: new Float64Array() },
    customValues: new Float64Array(),
    counterResetHint: "unknown",
    integer: false,
  };
}

/** The upper bounds of the data's classic histograms. */
export const BUCKETS = ["0.1", "0.5", "1", "2.5", "+Inf"];

/** The series that the generated expressions are about. */
function ownSeries(): Series[] {
  const series: Series[] = [];
  for (let i = 0; i < 6; i += 1) {
    const where = { job: i % 2 === 0 ? "api" : "web", instance: `h${i}:80`, zone: `z${i % 3}` };
    series.push(
      {
        labels: { [METRIC_NAME]: "gauge", ...where },
        at: (step) => 50 * Math.sin(step / 30 + i) + 10 * noise(i * 1000 + step),
      },
      {
        labels: { [METRIC_NAME]: "requests_total", ...where, code: i < 4 ? "200" : "500" },
        at: (step) => counter(i, step, i % 3 === 0 ? 0 : 130 + i),
      },
      {
        // A third of the samples is missing, and sometimes a long stretch.
        labels: { [METRIC_NAME]: "sparse_total", ...where },
        at: (step) =>
          noise(i * 31 + step) < 0.33 || (step + i * 40) % 200 < 60
            ? undefined
            : counter(i + 50, step, 0),
      },
      {
        // It ends with a staleness marker and begins anew.
        labels: { [METRIC_NAME]: "restarting", ...where },
        at: (step) => {
          const phase = (step + i * 11) % 90;
          if (phase === 70) return "stale";
          return phase > 70 ? undefined : phase * (i + 1);
        },
      },
      { labels: { [METRIC_NAME]: "latency", ...where }, at: (step) => native(i, step) },
      {
        labels: { [METRIC_NAME]: "build_info", ...where, version: `1.${i % 2}` },
        at: () => 1,
      },
    );
    BUCKETS.forEach((le, bound) => {
      series.push({
        labels: { [METRIC_NAME]: "duration_bucket", ...where, le },
        at: (step) =>
          BUCKETS.slice(0, bound + 1).reduce((sum, _, b) => sum + counter(i * 10 + b, step, 0), 0),
      });
    });
  }
  const odd = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0,
    -0,
    1e300,
    -1e-300,
  ];
  for (let i = 0; i < 3; i += 1) {
    series.push({
      labels: { [METRIC_NAME]: "odd", n: String(i) },
      at: (step) => (step % (5 + i) === 0 ? odd[(step / (5 + i) + i) % odd.length] : step - 200),
    });
  }
  return series;
}

/** Series that selectors match: their equalities hold, and each alternative of a pattern has one. */
export function seriesFor(selectors: readonly VectorSelector[]): Series[] {
  const series = new Map<string, Series>();
  for (const { matchers } of selectors) {
    const fixed: Record<string, string> = {};
    const open: string[] = [];
    const alternatives = new Map<string, string[]>();
    for (const { name, operator, value } of matchers) {
      if (operator === "=") fixed[name] = value;
      else if (operator === "=~" && /^[\w|.-]+$/.test(value)) {
        alternatives.set(name, value.split("|"));
      } else open.push(name);
    }
    if (fixed[METRIC_NAME] === undefined) continue;
    for (let i = 0; i < 4; i += 1) {
      const labels: Record<string, string> = { job: "api", instance: `h${i}:80`, ...fixed };
      for (const name of open) if (name !== METRIC_NAME) labels[name] = `${name}${i}`;
      for (const [name, values] of alternatives) {
        labels[name] = (values[i % values.length] ?? "").replaceAll(".*", `${i}`).replace(".", "0");
      }
      const name = fixed[METRIC_NAME] ?? "";
      const bounds = name.endsWith("_bucket") && labels["le"] === undefined ? BUCKETS : [undefined];
      bounds.forEach((le, bound) => {
        const all = le === undefined ? labels : { ...labels, le };
        const key = JSON.stringify(all);
        series.set(key, { labels: all, at: shapeOf(name, seedOf(key), bound) });
      });
    }
  }
  return [...series.values()];
}

function shapeOf(name: string, seed: number, bound: number): (step: number) => Value {
  if (name === "up") return (step) => Number(noise(seed + step) > 0.2);
  if (/_(?:total|count|sum|bucket)$/.test(name)) {
    return (step) => counter(seed, step, 200) * (bound + 1);
  }
  return (step) => 100 * noise(seed + Math.floor(step / 8));
}

/** The samples, in the order of time. `endMs`: no sample is later. */
export function* batches(extra: readonly Series[], endMs: number): Generator<SampleBatch> {
  const all = [...ownSeries(), ...extra];
  for (let from = 0; from < STEPS; from += STEPS_OF_BATCH) {
    const seriesOf: number[] = [];
    const times: number[] = [];
    const values: { readonly value: Value }[] = [];
    all.forEach(({ at }, index) => {
      for (let step = from; step < from + STEPS_OF_BATCH; step += 1) {
        const value = at(step);
        if (value === undefined) continue;
        seriesOf.push(index);
        // Never at a whole second, where windows of different releases begin differently.
        times.push(endMs - (STEPS - step) * STEP_MS + ((7 + index * 137) % 14_000) + 1);
        values.push({ value });
      }
    });
    const floats = new Float64Array(values.length);
    const histograms: HistogramEntry[] = [];
    values.forEach(({ value }, sample) => {
      if (value === "stale") setStale(floats, sample);
      else if (typeof value === "number") floats[sample] = value;
      else if (value !== undefined) histograms.push({ sample, histogram: value });
    });
    yield {
      series: all.map(({ labels }) => labels),
      seriesOf: Uint32Array.from(seriesOf),
      times: Float64Array.from(times, (time) => (time % 1000 === 0 ? time + 1 : time)),
      values: floats,
      histograms,
    };
  }
}
