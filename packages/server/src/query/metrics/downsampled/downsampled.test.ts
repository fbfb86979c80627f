import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { HistogramSample } from "../../../model/index.ts";
import {
  ALL_RAW,
  asked,
  batches,
  DAY,
  end,
  expectSame,
  HOUR,
  MINUTE,
  onlyHours,
  onlyMinutes,
  open,
  start,
  valuesOf,
} from "../../../../test/old-samples.ts";
import type { KeptResolutions, Telemetry } from "../../../store/index.ts";

const EXPRESSIONS = [
  "c_total",
  "g",
  "timestamp(g)",
  "rate(c_total[W])",
  "increase(c_total[W])",
  "sum(rate(c_total[W]))",
  "resets(c_total[W])",
  "changes(g[W])",
  "delta(g[W])",
  "sum_over_time(g[W])",
  "count_over_time(g[W])",
  "avg_over_time(c_total[W])",
  "min_over_time(g[W])",
  "max_over_time(g[W])",
  "last_over_time(c_total[W])",
  "first_over_time(g[W])",
  "present_over_time(c_total[W])",
  "max_over_time(c_total[W]) - min_over_time(c_total[W])",
];

let telemetry: Telemetry;

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-downsampled-"));
  telemetry = await open(dir);
  for (const batch of batches()) await telemetry.samples.write(batch);
  // Sent again, as after a connection that broke.
  const [first] = batches();
  if (first !== undefined) await telemetry.samples.write(first);
  await telemetry.downsample();
  return async () => {
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  };
});

describe("from windows alone", () => {
  const whole = (ms: number) => ({ from: start + ms, to: end, step: 4 * ms });
  it.each([
    ["5m", "15m", whole(5 * MINUTE), onlyMinutes],
    ["1h", "6h", whole(HOUR), onlyHours],
  ] as const)(
    "at the ends of windows of %s over %s all is as over samples",
    async (_, range, times, kept) => {
      for (const expression of EXPRESSIONS) {
        const query = expression.replaceAll("W", range);
        const got = await asked(telemetry, kept, query, times);
        expectSame(got, await asked(telemetry, ALL_RAW, query, times), query);
        expect([got.warnings, got.infos.filter((info) => info.includes("windows"))]).toEqual([
          [],
          [],
        ]);
      }
    },
  );

  it("between the ends of windows the answer is that of the last end, and says so", async () => {
    const before = { from: start + HOUR, to: end - HOUR, step: 25 * MINUTE };
    const times = { ...before, from: before.from + 100_000, to: before.to + 100_000 };
    for (const query of ["c_total", "rate(c_total[15m])", "avg_over_time(g[10m])"]) {
      const got = await asked(telemetry, onlyMinutes, query, times);
      expectSame(got, await asked(telemetry, ALL_RAW, query, before), query);
      expect(got.infos.join()).toMatch(/windows of 5m: between their ends/);
    }
  });

  it("brings a range that fits no windows to its length, and says so", async () => {
    const times = { from: start + HOUR, to: end, step: HOUR };
    const got = await asked(telemetry, onlyHours, "increase(c_total[15m])", times);
    const rate = await asked(telemetry, ALL_RAW, "rate(c_total[1h]) * 900", times);
    expectSame(got, rate, "increase");
    expect(got.warnings.join()).toMatch(/windows of 1h: increase over 900 s/);
  });

  it("evaluates other functions over last samples, and says so", async () => {
    const times = { from: start + 6 * HOUR, to: end, step: HOUR };
    const got = await asked(telemetry, onlyMinutes, "quantile_over_time(0.5, c_total[6h])", times);
    expect(got.warnings.join()).toMatch(/windows of 5m .*quantile_over_time is told from/);
    expect(valuesOf(got).size).toBe(2);
    const irate = await asked(telemetry, onlyMinutes, "irate(c_total[5m])", times);
    expect(irate.warnings.join()).toMatch(/irate is the rate/);
  });
});

describe("across the seam", () => {
  const seam: KeptResolutions = {
    windowsUntilMs: start + 2 * DAY,
    rawFromMs: start + 2 * DAY,
    fiveMinutesFromMs: start + DAY,
    hoursUntilMs: start + DAY,
  };
  it("of all resolutions all is as over samples", async () => {
    const times = { from: start + HOUR, to: end, step: HOUR };
    for (const expression of EXPRESSIONS) {
      const query = expression.replaceAll("W", "2h");
      const got = await asked(telemetry, seam, query, times);
      expectSame(got, await asked(telemetry, ALL_RAW, query, times), query);
      expect(got.warnings).toEqual([]);
    }
  });

  it("takes samples where they are kept and windows do not fit", async () => {
    const kept = { ...seam, rawFromMs: start, fiveMinutesFromMs: start };
    const times = { from: start + HOUR + 7000, to: end, step: HOUR };
    const query = "rate(c_total[4m])";
    const got = await asked(telemetry, kept, query, times);
    expectSame(got, await asked(telemetry, ALL_RAW, query, times), query);
    expect(got.warnings).toEqual([]);
  });
});

it("does a day again when samples came late, and does not use its windows before", async () => {
  expect(telemetry.kept().windowsUntilMs).toBe(start + 5 * DAY);
  const time = start + DAY + 5 * HOUR + 1;
  await telemetry.samples.write({
    series: [{ __name__: "g", i: "0" }],
    seriesOf: Uint32Array.of(0),
    times: Float64Array.of(time),
    values: Float64Array.of(123_456),
  });
  expect(telemetry.kept().windowsUntilMs).toBe(start + DAY);
  await telemetry.downsample();
  expect(telemetry.kept().windowsUntilMs).toBe(start + 5 * DAY);
  const times = { from: start + DAY, to: start + 2 * DAY, step: 5 * MINUTE };
  const got = await asked(telemetry, onlyMinutes, "max_over_time(g[5m])", times);
  expectSame(got, await asked(telemetry, ALL_RAW, "max_over_time(g[5m])", times), "late");
  expect(Math.max(...[...valuesOf(got).values()].flat().map((value) => value ?? 0))).toBe(123_456);
});

describe("native histograms", () => {
  const histogram = (count: number, restarted: boolean): HistogramSample => ({
    schema: 0,
    count: count + 1,
    sum: count * 2,
    zeroThreshold: 0.001,
    zeroCount: 1,
    positive: {
      indexes: Int32Array.of(0, 1),
      counts: Float64Array.of(count - count / 2, count / 2),
    },
    negative: { indexes: new Int32Array(), counts: new Float64Array() },
    customValues: new Float64Array(),
    counterResetHint: restarted ? "reset" : "unknown",
    integer: false,
  });

  it("keep their rates through resets", async () => {
    const times: number[] = [];
    const histograms: { sample: number; histogram: HistogramSample }[] = [];
    let count = 0;
    for (let i = 0; i <= (6 * HOUR) / MINUTE; i += 1) {
      const restarted = i > 0 && i % 97 === 0;
      count = restarted ? 10 : count + 10;
      times.push(start + i * MINUTE);
      histograms.push({ sample: i, histogram: histogram(count, restarted) });
    }
    await telemetry.samples.write({
      series: [{ __name__: "h" }],
      seriesOf: new Uint32Array(times.length),
      times: Float64Array.from(times),
      values: new Float64Array(times.length),
      histograms,
    });
    await telemetry.downsample();
    const query = "histogram_count(increase(h[2h]))";
    for (const kept of [onlyMinutes, onlyHours]) {
      const grid = { from: start + 2 * HOUR, to: start + 6 * HOUR, step: HOUR };
      const got = await asked(telemetry, kept, query, grid);
      expectSame(got, await asked(telemetry, ALL_RAW, query, grid), query);
      expect(got.warnings.join()).toMatch(/kept in windows/);
    }
  });
});
