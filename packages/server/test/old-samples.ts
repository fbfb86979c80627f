import type { QueryResult } from "@seaworthy/promql";
import { pino } from "pino";
import { expect } from "vitest";
import { setStale } from "../src/model/index.ts";
import type { SampleBatch } from "../src/model/index.ts";
import { createMetricsQuery } from "../src/query/index.ts";
import { openTelemetry } from "../src/store/index.ts";
import type { KeptResolutions, Telemetry } from "../src/store/index.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** The first of three days of samples; all are old enough to be downsampled. */
export const start = Math.floor(Date.now() / DAY) * DAY - 12 * DAY;
const DAYS = 3;
const INTERVAL = MINUTE;
export const now = start + 12 * DAY;
const clock = { now: () => now, after: () => ({ cancel: () => {} }) };
const log = pino({ level: "silent" });
export const ALL_RAW: KeptResolutions = {
  windowsUntilMs: 0,
  rawFromMs: 0,
  fiveMinutesFromMs: 0,
  hoursUntilMs: 0,
};

/** A sequence that looks random and is the same each time. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** Three days: a counter with resets, a gauge with NaNs, gaps and ends, one sample of a time twice. */
export function batches(): SampleBatch[] {
  const random = sequence(7);
  return Array.from({ length: DAYS }, (_, day) => {
    const [series, times, values, stale]: [number[], number[], number[], number[]] = [
      [],
      [],
      [],
      [],
    ];
    const counters = [0, 0];
    for (let i = 0; i < DAY / INTERVAL; i += 1) {
      const time = start + day * DAY + i * INTERVAL;
      for (const which of [0, 1, 2, 3]) {
        // The second counter is away for 40 minutes each 6 hours, half of the times with a marker.
        const away = which === 1 && i % 360 >= 320;
        if (away && (i % 360 !== 320 || i % 720 > 360)) continue;
        if (away) stale.push(times.length);
        if (which < 2) {
          counters[which] =
            random() < 0.01 ? Math.floor(random() * 50) : (counters[which] ?? 0) + 3;
        }
        const gauge = random() < 0.002 ? Number.NaN : Math.floor(random() * 1000) - 500;
        series.push(which);
        // Some scrapes are late; of the first series those at midnight are sharp.
        times.push(time + (which === 0 ? 0 : Math.floor(random() * 900)));
        values.push(which < 2 ? (counters[which] ?? 0) : gauge);
      }
    }
    const all = Float64Array.from(values);
    for (const at of stale) setStale(all, at);
    return {
      series: [
        { __name__: "c_total", i: "0" },
        { __name__: "c_total", i: "1" },
        { __name__: "g", i: "0" },
        { __name__: "g", i: "1" },
      ],
      seriesOf: Uint32Array.from(series),
      times: Float64Array.from(times),
      values: all,
    };
  });
}

export async function open(dir: string): Promise<Telemetry> {
  return openTelemetry({ dir, log, clock, limits: { downsamplingPiece: 5000 } });
}

/** The store as if this were what is kept. */
function keeping(telemetry: Telemetry, kept: KeptResolutions): Telemetry {
  return { ...telemetry, kept: () => kept };
}

interface Times {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

export function asked(telemetry: Telemetry, kept: KeptResolutions, query: string, times: Times) {
  const metrics = createMetricsQuery({
    telemetry: keeping(telemetry, kept),
    experimental: { functions: true },
  });
  return metrics.range(query, times.from, times.to, times.step);
}

/** Values by series and step; a step without a value is undefined. */
export function valuesOf({ value }: QueryResult): Map<string, (number | undefined)[]> {
  if (value.type !== "grid") throw new Error("not a grid");
  return new Map(
    value.series.map(({ labels, kinds, values }) => [
      labels.toString(),
      Array.from(kinds, (kind, i) => (kind === 0 ? undefined : values[i])),
    ]),
  );
}

export function expectSame(got: QueryResult, wanted: QueryResult, what: string): void {
  const [mine, theirs] = [valuesOf(got), valuesOf(wanted)];
  expect([...mine.keys()].sort(), what).toEqual([...theirs.keys()].sort());
  let compared = 0;
  for (const [series, values] of theirs) {
    values.forEach((value, step) => {
      const other = mine.get(series)?.[step];
      const context = `${what} of ${series} at step ${step}: ${other} instead of ${value}`;
      if (value === undefined || other === undefined || Number.isNaN(value)) {
        expect(Object.is(other, value), context).toBe(true);
      } else {
        const error = Math.abs(other - value);
        expect(error <= 1e-9 * Math.max(1, Math.abs(value)), context).toBe(true);
        compared += 1;
      }
    });
  }
  expect(compared, what).toBeGreaterThan(0);
}

export const end = start + DAYS * DAY;
export const onlyMinutes: KeptResolutions = {
  windowsUntilMs: end,
  rawFromMs: end,
  fiveMinutesFromMs: 0,
  hoursUntilMs: 0,
};
export const onlyHours: KeptResolutions = {
  ...onlyMinutes,
  fiveMinutesFromMs: end,
  hoursUntilMs: end,
};
