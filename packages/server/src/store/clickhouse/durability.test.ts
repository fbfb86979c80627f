import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import { serverOf } from "../../../test/over-http/server-of.ts";
import { startProgram } from "../../../test/program.ts";
import type { Column } from "./native-format.ts";
import { openTelemetry } from "./telemetry.ts";
import type { Telemetry } from "./telemetry.ts";

/** `DURABILITY_KILLS=20` is the long run. */
const KILLS = Number(process.env["DURABILITY_KILLS"] ?? 4);
const SIZE = 50;
const program = new URL("../../../test/programs/write-samples.ts", import.meta.url);

it(
  "keeps every acknowledged sample, and no part of a batch, through kills",
  async () => {
    const dir = await mkdtemp(join(tmpdir(), "seaworthy-durable-"));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const acknowledged = new Set<number>();
    const start = Date.now();
    let next = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const writer = startProgram(program, [dir, String(next), String(start)]);
      expect(await writer.nextLine()).toBe("open");
      // Killed after a random number of acknowledgements, while three writers are under way.
      const wanted = 1 + Math.floor(Math.random() * 40);
      for (let i = 0; i < wanted; i += 1) acknowledged.add(Number(await writer.nextLine()));
      await writer.kill();
      next = Math.max(...acknowledged) + 1000;
    }

    const telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
    onTestFinished(() => telemetry.close());
    // Comes while memory is being filled with what there was.
    await telemetry.samples.write({
      series: [{ __name__: "kept", i: "0" }],
      seriesOf: new Uint32Array(1),
      times: Float64Array.of(start + next + 1),
      values: Float64Array.of(next),
    });
    // What servers share is not in the memory of one of them.
    if (serverOf(dir) === undefined) await expectInMemory(telemetry, start);
    const blocks = await telemetry.select(
      "SELECT toUnixTimestamp64Milli(time) - {start:Int64} AS batch, uniqExact(value) AS samples, min(value) AS low, max(value) AS high FROM samples WHERE batch <= {next:Int64} GROUP BY time",
      { start, next },
    );
    const found = new Map<number, number[]>();
    for (const { rows, columns } of blocks) {
      const column = (name: string) => {
        const values = columns.get(name);
        return values?.kind === "numbers" ? Array.from(values.data, Number) : [];
      };
      const [batch, samples, low, high] = ["batch", "samples", "low", "high"].map(column);
      for (let i = 0; i < rows; i += 1) {
        found.set(batch?.[i] ?? -1, [samples?.[i] ?? 0, low?.[i] ?? 0, high?.[i] ?? 0]);
      }
    }
    for (const [batch, stored] of found) {
      expect(stored).toEqual([SIZE, batch * SIZE, batch * SIZE + SIZE - 1]);
    }
    expect([...acknowledged].filter((batch) => !found.has(batch))).toEqual([]);
    // Each sample's series can be found by its labels.
    const [series] = await telemetry.select(
      "SELECT uniqExact(labels['i']) AS named FROM series WHERE series IN (SELECT series FROM samples) AND labels['__name__'] = 'kept'",
    );
    const named = series?.columns.get("named");
    expect(named?.kind === "numbers" && Number(named.data[0])).toBe(SIZE);
  },
  60_000 + KILLS * 20_000,
);

/** Memory comes to have what the tables have. */
async function expectInMemory(telemetry: Telemetry, start: number): Promise<void> {
  const { recent } = telemetry;
  await vi.waitFor(() => expect(recent.covers(start)).toBe(true), 30_000);
  const [block] = await telemetry.select(
    `SELECT series, groupArray(toFloat64(toUnixTimestamp64Milli(time))) AS times, groupArray(value) AS values
    FROM (SELECT DISTINCT series, time, value FROM samples ORDER BY series, time) GROUP BY series`,
  );
  const [ids, times, values] = ["series", "times", "values"].map((name) =>
    block?.columns.get(name),
  );
  if (ids?.kind !== "numbers") throw new Error("no series");
  expect(block?.rows).toBe(SIZE);
  ids.data.forEach((id, row) => {
    const found = recent.read(BigInt(id), 0, Number.MAX_SAFE_INTEGER);
    expect([...(found?.times ?? [])]).toEqual(listOf(times, row));
    expect([...(found?.values ?? [])]).toEqual(listOf(values, row));
  });
}

function listOf(column: Column | undefined, row: number): number[] {
  if (column?.kind !== "array" || column.values.kind !== "numbers") throw new Error("no lists");
  return Array.from(column.values.data.slice(column.ends[row - 1] ?? 0, column.ends[row]), Number);
}
