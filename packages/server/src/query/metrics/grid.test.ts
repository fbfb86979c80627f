import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine } from "@seaworthy/promql";
import type { QueryResult, Source } from "@seaworthy/promql";
import fc from "fast-check";
import { pino } from "pino";
import { beforeAll, expect, it } from "vitest";
import { setStale } from "../../model/index.ts";
import { openTelemetry } from "../../store/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { SeriesIndex } from "./series-index.ts";
import { createSource } from "./source.ts";

/** What the engine evaluates must be what PromQL makes of the same samples, bit for bit. */
const end = Math.floor(Date.now() / 1000) * 1000;
let telemetry: Telemetry;
let batches = 0;

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-grid-"));
  telemetry = await openTelemetry({
    dir,
    log: pino({ level: "silent" }),
    // What is in memory is not the engine's to evaluate.
    limits: { commitEveryMs: 0, recentBytes: 0 },
  });
  return async () => {
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  };
});

const STALE = Symbol("stale");

/** A sample: seconds before `end` (so that they fall on the windows' edges), some ms, and a value. */
const sample = fc.record({
  secondsAgo: fc.nat(400),
  ms: fc.constantFrom(0, 0, 0, 1, 999),
  value: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -3, max: 3 }) },
    { weight: 2, arbitrary: fc.double() },
    {
      weight: 2,
      arbitrary: fc.constantFrom(STALE, Number.NaN, -0, Number.POSITIVE_INFINITY),
    },
  ),
});
const series = fc.array(sample, { maxLength: 40 });

/** Writes the series under a metric name of their own, in two parts, with some samples twice. */
async function write(all: readonly (typeof sample extends fc.Arbitrary<infer T> ? T[] : never)[]) {
  batches += 1;
  const metric = `m${batches}`;
  const rows = all.flatMap((samples, i) => {
    const byTime = new Map(samples.map((s) => [end - s.secondsAgo * 1000 - s.ms, s.value]));
    return [...byTime].map(([time, value]) => ({ i, time, value }));
  });
  for (const part of [rows.filter((_, k) => k % 3 !== 0), rows.filter((_, k) => k % 2 === 0)]) {
    const values = new Float64Array(part.length);
    part.forEach(({ value }, k) => {
      if (typeof value === "symbol") setStale(values, k);
      else values[k] = value;
    });
    await telemetry.samples.write({
      series: all.map((_, i) => ({ __name__: metric, i: String(i) })),
      seriesOf: Uint32Array.from(part, ({ i }) => i),
      times: Float64Array.from(part, ({ time }) => time),
      values,
    });
  }
  return metric;
}

/** The result with its floats as bits, in the labels' order. */
function bitwise({ value }: QueryResult): unknown {
  const bits = (number: number) => {
    const text = new BigUint64Array(Float64Array.of(number).buffer)[0]?.toString(16);
    return Number.isNaN(number) ? "NaN" : text;
  };
  if (value.type === "vector") {
    return value.samples.map((s) => `${s.labels.toString()} ${bits(s.value)}`).sort();
  }
  if (value.type !== "grid") throw new Error(`unexpected ${value.type}`);
  return value.series.map((s) => [
    s.labels.toString(),
    [...s.kinds].map((kind, step) => (kind === 0 ? "" : bits(s.values[step] ?? 0))),
  ]);
}

const INSTANT = [
  (m: string) => m,
  (m: string) => `sum(${m})`,
  (m: string) => `${m} offset 7s`,
  (m: string) => `timestamp(${m})`,
  ...["last", "first", "present", "min", "max", "count", "sum", "avg"].map(
    (name) => (m: string) => `${name}_over_time(${m}[30s])`,
  ),
  (m: string) => `rate(${m}[1m])`,
  (m: string) => `max_over_time(${m}[2m] offset 30s)`,
];
const RANGE = [
  (m: string) => m,
  (m: string) => `count(${m})`,
  (m: string) => `${m} offset 20s`,
  (m: string) => `increase(${m}[45s])`,
];

it("gives what PromQL gives", async () => {
  const engine = createEngine({ experimental: { functions: true } });
  const source = createSource(telemetry, new SeriesIndex(telemetry, 1000));
  const plain: Source = { select: (request, context) => source.select(request, context) };
  await fc.assert(
    fc.asyncProperty(
      fc.array(series, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(0, 1, 500, 60_000),
      fc.constantFrom(1000, 5000, 15_000, 500, 1),
      fc.constantFrom(15_000, 300_000),
      async (all, back, step, lookbackDeltaMs) => {
        const metric = await write(all);
        for (const make of INSTANT) {
          const ask = (from: Source) =>
            engine.instant(make(metric), end - back, from, { lookbackDeltaMs });
          expect([make(metric), bitwise(await ask(source))]).toEqual([
            make(metric),
            bitwise(await ask(plain)),
          ]);
        }
        for (const make of RANGE) {
          const start = end - back - 30 * step;
          const ask = (from: Source) =>
            engine.range(make(metric), start, end - back, step, from, { lookbackDeltaMs });
          expect([make(metric), bitwise(await ask(source))]).toEqual([
            make(metric),
            bitwise(await ask(plain)),
          ]);
        }
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);
