import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { beforeAll, expect, it } from "vitest";
import { systemClock } from "../../model/index.ts";
import type { Clock } from "../../model/index.ts";
import type { DiskUse, Signal } from "./disk-budget.ts";
import { openTelemetry } from "./telemetry.ts";
import type { Telemetry } from "./telemetry.ts";

const DAY = 86_400_000;
const today = Math.floor(Date.now() / DAY) * DAY;
const SAMPLES = 20_000;
/** A day of samples that do not compress takes at least this much. */
const DAY_BYTES = SAMPLES * 4;
const LINES = 5000;
/** A day of lines that do not compress takes at least this much. */
const LOG_DAY_BYTES = LINES * 40;
const lines: string[] = [];
const uses: Record<Signal, DiskUse[]> = { metrics: [], logs: [], traces: [] };
/** The timers of a minute that wait, to be fired at will. */
const timers: (() => void)[] = [];
const clock: Clock = {
  now: () => systemClock.now(),
  after(ms, run) {
    if (ms === 60_000) timers.push(run);
    return { cancel: () => {} };
  },
};
let telemetry: Telemetry;

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-budget-"));
  telemetry = await openTelemetry({
    dir,
    clock,
    log: pino({ level: "warn" }, { write: (line: string) => void lines.push(line) }),
    limits: {
      diskBudgetBytes: DAY_BYTES * 4,
      logDiskBudgetBytes: LOG_DAY_BYTES * 3,
      downsampling: false,
    },
    diskUsed: (signal, use) => uses[signal].push(use),
  });
  return async () => {
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  };
});

async function write(daysAgo: number): Promise<void> {
  await telemetry.samples.write({
    series: [{ __name__: "m", day: String(daysAgo) }],
    seriesOf: new Uint32Array(SAMPLES),
    times: Float64Array.from({ length: SAMPLES }, (_, i) => today - daysAgo * DAY + i * 1000 + 1),
    values: Float64Array.from({ length: SAMPLES }, () => Math.random()),
  });
}

async function check(signal: Signal): Promise<DiskUse> {
  const before = uses[signal].length;
  for (const timer of timers.splice(0)) timer();
  await expect.poll(() => uses[signal].length, { timeout: 30_000 }).toBe(before + 1);
  await expect.poll(() => timers.length, { timeout: 30_000 }).toBe(3);
  return uses[signal].at(-1) ?? { usedBytes: 0, budgetBytes: undefined };
}

async function daysOf(table: string): Promise<number> {
  const day = table === "samples" || table === "logs" ? "toDate(time)" : "day";
  const [block] = await telemetry.select(`SELECT uniqExact(${day}) AS x FROM ${table}`);
  const column = block?.columns.get("x");
  return column?.kind === "numbers" ? Number(column.data[0]) : 0;
}

it("warns first, then drops the oldest days with their series, and today never", async () => {
  for (const daysAgo of [0, 1]) await write(daysAgo);
  const first = await check("metrics");
  expect(first.usedBytes).toBeGreaterThan(DAY_BYTES * 2);
  expect(first.budgetBytes).toBe(DAY_BYTES * 4);
  expect(await daysOf("samples")).toBe(2);
  expect(lines.filter((line) => line.includes("most of their disk budget"))).toHaveLength(1);
  for (const daysAgo of [2, 3, 4, 5, 6]) await write(daysAgo);
  const { usedBytes } = await check("metrics");
  expect(usedBytes).toBeLessThanOrEqual(DAY_BYTES * 4);
  const left = await daysOf("samples");
  expect(left).toBeLessThan(4);
  expect(await daysOf("series")).toBe(left);
  expect(lines.filter((line) => line.includes("of a day were dropped"))).toHaveLength(7 - left);
  const [block] = await telemetry.select("SELECT toUInt16(max(toDate(time))) AS x FROM samples");
  const newest = block?.columns.get("x");
  expect(newest?.kind === "numbers" && Number(newest.data[0])).toBe(today / DAY);
});

it("does the same for log lines, whatever the metrics take", async () => {
  const samples = await daysOf("samples");
  for (const daysAgo of [0, 1, 2, 3, 4]) {
    const lines = Array.from({ length: LINES }, () => randomBytes(32).toString("base64"));
    await telemetry.logs.write({
      streams: [{ service_name: "shop", day: String(daysAgo) }],
      streamOf: new Uint32Array(LINES),
      times: BigInt64Array.from(lines, (_, i) => BigInt(today - daysAgo * DAY + i) * 1_000_000n),
      lines,
      metadata: lines.map(() => ({})),
    });
  }
  const { usedBytes, budgetBytes } = await check("logs");
  expect(budgetBytes).toBe(LOG_DAY_BYTES * 3);
  expect(usedBytes).toBeLessThanOrEqual(LOG_DAY_BYTES * 3);
  const left = await daysOf("logs");
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(5);
  expect(await daysOf("log_streams")).toBe(left);
  expect(lines.join("")).toContain("the logs of a day were dropped");
  expect(lines.join("")).toContain("logs.disk_budget");
  expect(await daysOf("samples")).toBe(samples);
  expect((await check("traces")).budgetBytes).toBeUndefined();
});
