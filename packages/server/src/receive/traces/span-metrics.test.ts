import pino from "pino";
import { beforeEach, expect, it } from "vitest";
import { ManualClock } from "../../../test/manual-clock.ts";
import { isStale } from "../../model/index.ts";
import type { SampleBatch, Span } from "../../model/index.ts";
import { createSelfMetrics } from "../../self/index.ts";
import { SpanMetrics } from "./span-metrics.ts";

let clock: ManualClock;
let batches: SampleBatch[];
let metrics: SpanMetrics;

beforeEach(() => {
  clock = new ManualClock(1_000_000);
  batches = [];
  metrics = new SpanMetrics({
    samples: {
      async write(batch) {
        batches.push(batch);
      },
      describe() {},
    },
    clock,
    log: pino({ level: "silent" }),
    metrics: createSelfMetrics("test"),
  });
});

const span = (given: Partial<Span> = {}): Span => ({
  traceId: "a".repeat(32),
  spanId: "b".repeat(16),
  parentId: "",
  service: "shop",
  name: "GET /",
  kind: "server",
  startNs: 1_000_000_000_000n,
  durationNs: 5_000_000n,
  status: "unset",
  statusMessage: "",
  scope: "",
  resource: {},
  attributes: {},
  events: [],
  links: [],
  ...given,
});

/** Lets time pass, and what is written in it be written. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 15_000) {
    clock.advance(15_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What the last batch says of a series: its values by time, with "stale" for markers. */
function valuesOf(name: string, labels: Record<string, string> = {}) {
  const batch = batches.at(-1);
  if (batch === undefined) return [];
  const wanted = Object.entries({ __name__: name, ...labels });
  return [...batch.seriesOf].flatMap((series, i): [number, number | "stale"][] =>
    wanted.every(([label, value]) => batch.series[series]?.[label] === value)
      ? [[batch.times[i] ?? 0, isStale(batch.values, i) ? "stale" : (batch.values[i] ?? 0)]]
      : [],
  );
}

it("counts spans under Tempo's names, beginning at 0, with a trace as exemplar", async () => {
  metrics.observe([span(), span({ durationNs: 3_000_000_000n }), span({ status: "error" })]);
  await pass(15_000);
  expect(valuesOf("traces_spanmetrics_calls_total", { status_code: "STATUS_CODE_UNSET" })).toEqual([
    [1_000_000, 0],
    [1_015_000, 2],
  ]);
  const bucket = (le: string) =>
    valuesOf("traces_spanmetrics_latency_bucket", { le, status_code: "STATUS_CODE_UNSET" }).at(-1);
  expect([bucket("0.004"), bucket("0.008"), bucket("4.096"), bucket("+Inf")]).toEqual([
    [1_015_000, 0],
    [1_015_000, 1],
    [1_015_000, 2],
    [1_015_000, 2],
  ]);
  expect(valuesOf("traces_spanmetrics_latency_sum").map(([, value]) => value)).toEqual([
    0, 3.005, 0, 0.005,
  ]);
  expect(batches[0]?.series[0]).toEqual({
    __name__: "traces_spanmetrics_calls_total",
    service: "shop",
    span_name: "GET /",
    span_kind: "SPAN_KIND_SERVER",
    status_code: "STATUS_CODE_UNSET",
  });
  expect(batches[0]?.exemplars).toContainEqual({
    series: expect.any(Number),
    time: 1_003_000,
    value: 3,
    labels: { trace_id: "a".repeat(32) },
  });
  metrics.observe([span()]);
  await pass(15_000);
  expect(valuesOf("traces_spanmetrics_calls_total", { status_code: "STATUS_CODE_UNSET" })).toEqual([
    [1_030_000, 3],
  ]);
});

it("folds what is too many, forgets what is idle, and writes a last time when it stops", async () => {
  metrics.observe(Array.from({ length: 1500 }, (_, i) => span({ name: `GET /${i}` })));
  await pass(15_000);
  const names = new Set(batches.at(-1)?.series.map(({ span_name: name }) => name));
  expect(names.size).toBe(1001);
  expect(valuesOf("traces_spanmetrics_calls_total", { span_name: "overflow" }).at(-1)?.[1]).toBe(
    500,
  );
  await pass(16 * 60_000);
  const last = valuesOf("traces_spanmetrics_calls_total", { span_name: "GET /0" });
  expect(last.map(([, value]) => value)).toEqual(["stale"]);
  const ended = batches.filter(({ values }) => isStale(values, 0));
  expect(ended).toHaveLength(1);
  metrics.observe([span()]);
  await metrics.stop();
  expect(valuesOf("traces_spanmetrics_calls_total").at(-1)?.[1]).toBe(1);
});
