import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { QueryResult } from "@seaworthy/promql";
import { pino } from "pino";
import { beforeAll, describe, expect, it } from "vitest";
import { CUSTOM_BUCKETS_SCHEMA, setStale } from "../../model/index.ts";
import type { HistogramSample, Labels, SampleBatch } from "../../model/index.ts";
import { openTelemetry } from "../../store/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { createMetricsQuery } from "./metrics-query.ts";
import type { MetricsQuery } from "./metrics-query.ts";

const STEP = 15_000;
const now = Math.floor(Date.now() / STEP) * STEP;
let telemetry: Telemetry;
let metrics: MetricsQuery;

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-histograms-"));
  telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
  metrics = createMetricsQuery({ telemetry });
  return async () => {
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  };
});

/** An exponential histogram whose counts have grown to `n` of each bucket. */
function exponential(n: number): HistogramSample {
  return {
    schema: 0,
    count: 4 * n,
    sum: 10 * n,
    zeroThreshold: 0.001,
    zeroCount: n,
    positive: { indexes: Int32Array.of(1, 3), counts: Float64Array.of(n, n) },
    negative: { indexes: Int32Array.of(0), counts: Float64Array.of(n) },
    customValues: new Float64Array(),
    counterResetHint: "unknown",
    integer: true,
  };
}

function custom(n: number): HistogramSample {
  return {
    ...exponential(n),
    schema: CUSTOM_BUCKETS_SCHEMA,
    count: 2 * n,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { indexes: Int32Array.of(0, 2), counts: Float64Array.of(n, n + 0.5) },
    negative: { indexes: new Int32Array(), counts: new Float64Array() },
    customValues: Float64Array.of(0.5, 1),
    counterResetHint: "gauge",
    integer: false,
  };
}

/** Samples of one series, one a step, the last of them now. */
function seriesOf(
  labels: Labels,
  values: readonly (number | HistogramSample | "stale")[],
): SampleBatch {
  const floats = new Float64Array(values.length);
  values.forEach((value, i) => {
    if (value === "stale") setStale(floats, i);
    else if (typeof value === "number") floats[i] = value;
  });
  return {
    series: [labels],
    seriesOf: new Uint32Array(values.length),
    times: Float64Array.from(values, (_, i) => now - (values.length - 1 - i) * STEP),
    values: floats,
    histograms: values.flatMap((histogram, sample) =>
      typeof histogram === "object" ? [{ sample, histogram }] : [],
    ),
  };
}

function samplesOf({ value }: QueryResult) {
  if (value.type !== "vector") throw new Error(`a vector was expected, not a ${value.type}`);
  return value.samples;
}

describe("native histograms", () => {
  it("come back as they were written, beside floats of the same series", async () => {
    const batch = seriesOf({ __name__: "mixed" }, [1, exponential(2), custom(3), 4, "stale"]);
    await telemetry.samples.write(batch);
    const { value } = await metrics.instant("mixed[10m]", now);
    const [series] = value.type === "matrix" ? value.series : [];
    const { integer: _one, ...two } = exponential(2);
    const { integer: _two, ...three } = custom(3);
    expect(series?.histograms).toEqual([undefined, two, three, undefined]);
    expect(series?.values[0]).toBe(1);
    expect(series?.values[3]).toBe(4);
    expect([...(series?.times ?? [])]).toEqual([4, 3, 2, 1].map((k) => now - k * STEP));
    expect(samplesOf(await metrics.instant("mixed", now))).toEqual([]);
  });

  it("are what functions work on", async () => {
    const grown = Array.from({ length: 9 }, (_, i) => exponential(10 + i));
    await telemetry.samples.write(seriesOf({ __name__: "latency" }, grown));
    const rate = samplesOf(await metrics.instant("rate(latency[2m])", now));
    // One more of each bucket every 15 s.
    expect(rate[0]?.histogram?.count).toBeCloseTo(4 / 15);
    expect([...(rate[0]?.histogram?.positive.counts ?? [])]).toEqual([
      expect.closeTo(1 / 15),
      expect.closeTo(1 / 15),
    ]);
    const quantile = samplesOf(await metrics.instant("histogram_quantile(1, latency)", now));
    expect(quantile[0]?.value).toBe(8);
    const range = await metrics.range("histogram_count(latency)", now - 2 * STEP, now, STEP);
    const [counts] = range.value.type === "grid" ? range.value.series : [];
    expect([...(counts?.values ?? [])]).toEqual([64, 68, 72]);
  });

  it("are found although the metric was first met with floats alone", async () => {
    await telemetry.samples.write(seriesOf({ __name__: "changed", old: "yes" }, [7]));
    expect(samplesOf(await metrics.instant("changed", now))).toHaveLength(1);
    await telemetry.samples.write(seriesOf({ __name__: "changed" }, [custom(1)]));
    const found = samplesOf(await metrics.instant("changed", now));
    expect(found.map(({ histogram }) => histogram?.sum)).toEqual(
      expect.arrayContaining([10, undefined]),
    );
  });

  it("are refused whole when one is malformed", async () => {
    const broken = { ...exponential(1), schema: 20 };
    const writing = telemetry.samples.write(seriesOf({ __name__: "broken" }, [1, broken]));
    await expect(writing).rejects.toThrow(/broken cannot be stored: its schema 20/);
    expect(samplesOf(await metrics.instant("broken", now))).toEqual([]);
  });

  it("count once when they are sent twice", async () => {
    const batch = seriesOf({ __name__: "twice" }, [exponential(1), exponential(2)]);
    await telemetry.samples.write(batch);
    await telemetry.samples.write(batch);
    expect(samplesOf(await metrics.instant("count_over_time(twice[5m])", now))[0]?.value).toBe(2);
  });
});
