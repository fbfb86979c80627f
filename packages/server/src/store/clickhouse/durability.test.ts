import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { startProgram } from "../../../test/program.ts";
import { openTelemetry } from "./telemetry.ts";

const KILLS = 8;
const SIZE = 50;
const program = new URL("../../../test/programs/write-samples.ts", import.meta.url);

it("keeps every acknowledged sample, and no part of a batch, through kills", async () => {
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
  const blocks = await telemetry.select(
    "SELECT toUnixTimestamp64Milli(time) - {start:Int64} AS batch, uniqExact(value) AS samples, min(value) AS low, max(value) AS high FROM samples GROUP BY time",
    { start },
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
}, 120_000);
