import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it } from "vitest";
import { createMetricsQuery } from "./query/index.ts";
import { statusProbes } from "./status-probes.ts";
import { openTelemetry } from "./store/index.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** How often the probe answers. */
const EVERY = 5 * MINUTE;
const DAYS = 90;
const today = Math.floor(Date.now() / DAY) * DAY - DAY;
/** A day that is under way, as far as the store knows. */
const now = today + 6 * HOUR;
const first = today - (DAYS - 1) * DAY;

/** What happened on some days: minutes without an answer, and without a probe, from midnight on. */
const HAPPENED = new Map([
  [3, { down: 60, silent: 0 }],
  [40, { down: 0, silent: 12 * 60 }],
  [41, { down: 90, silent: 6 * 60 }],
  [60, { down: 24 * 60, silent: 0 }],
  [70, { down: 0, silent: 24 * 60 }],
  [89, { down: 30, silent: 0 }],
]);

it("reads 90 days of a probe back from the store as they were", async () => {
  const dir = await mkdtemp(join(tmpdir(), "sw-status-probes-"));
  const clock = { now: () => now, after: () => ({ cancel() {} }) };
  const log = pino({ level: "silent" });
  const limits = { retentionDays: 100, downsampling: false };
  const telemetry = await openTelemetry({ dir, log, clock, limits });
  try {
    const times: number[] = [];
    const values: number[] = [];
    for (let at = first + EVERY; at <= now; at += EVERY) {
      const day = Math.floor((at - 1 - first) / DAY);
      const minute = (at - (first + day * DAY)) / MINUTE;
      const { down, silent } = HAPPENED.get(day) ?? { down: 0, silent: 0 };
      if (minute <= silent) continue;
      times.push(at);
      values.push(minute <= silent + down ? 0 : 1);
    }
    await telemetry.samples.write({
      series: [{ __name__: "probe_success", instance: "https://shop.example" }],
      seriesOf: new Uint32Array(times.length),
      times: Float64Array.from(times),
      values: Float64Array.from(values),
    });
    const probes = statusProbes(createMetricsQuery({ telemetry }));
    const source = {
      kind: "probe" as const,
      metric: "probe_success" as const,
      matchers: ['instance="https://shop.example"'],
      failAfter: 15 * MINUTE,
    };
    const starts = Array.from({ length: DAYS }, (_, day) => first + day * DAY);
    const found = await probes.days(source, starts, now);
    expect(found.map(({ start }) => start)).toEqual(starts);
    for (const [day, { knownMs, upMs }] of found.entries()) {
      const { down, silent } = HAPPENED.get(day) ?? { down: 0, silent: 0 };
      const length = day === DAYS - 1 ? now - today : DAY;
      const known = length - silent * MINUTE;
      // An answer stands for the five minutes around it.
      expect(Math.abs(knownMs - known), `day ${day} known`).toBeLessThanOrEqual(2 * EVERY);
      expect(Math.abs(knownMs - upMs - down * MINUTE), `day ${day} down`).toBeLessThanOrEqual(
        EVERY,
      );
    }
    const sum = (part: "knownMs" | "upMs") => found.reduce((all, one) => all + one[part], 0);
    const minutes = [...HAPPENED.values()].reduce((all, { down }) => all + down, 0);
    expect(1 - sum("upMs") / sum("knownMs")).toBeCloseTo((minutes * MINUTE) / sum("knownMs"), 4);
    expect(await probes.upShare(source, now)).toBe(1);
    // Right after the fault of the day, and before there was a probe.
    expect(await probes.upShare(source, today + 25 * MINUTE)).toBe(0);
    expect(await probes.upShare(source, first - DAY)).toBeUndefined();
  } finally {
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  }
});
