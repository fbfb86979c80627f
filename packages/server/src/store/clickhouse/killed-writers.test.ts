import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it } from "vitest";
import { startProgram } from "../../../test/program.ts";
import { openTelemetry } from "./telemetry.ts";

const program = new URL("../../../test/programs/write-batches.ts", import.meta.url);

it.each([
  ["logs", "line"],
  ["spans", "name"],
] as const)(
  "keeps all of %s that was acknowledged, and nothing twice, through kills and batches sent again",
  async (table, column) => {
    const dir = await mkdtemp(join(tmpdir(), "seaworthy-killed-writers-"));
    const midnight = Math.floor(Date.now() / 86_400_000) * 86_400_000;
    const acknowledged = new Set<number>();
    let first = 0;
    for (let round = 0; round < 5; round += 1) {
      const writer = startProgram(program, [dir, table, String(first), String(midnight)]);
      expect(await writer.nextLine()).toBe("open");
      // The last round only has to show that what was sent again is known.
      const wanted = round === 4 ? 12 : 5 + Math.floor(Math.random() * 30);
      for (let i = 0; i < wanted; i += 1) acknowledged.add(Number(await writer.nextLine()));
      await writer.kill();
      // What was under way is sent again, and some of what was acknowledged.
      first = Math.max(0, Math.max(...acknowledged) - 4);
    }
    const telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
    const blocks = await telemetry.select(
      `SELECT toUInt32(splitByChar('/', CAST(${column}, 'String'))[1]) AS batch, count() AS rows, uniqExact(${column}) AS different FROM ${table} GROUP BY batch`,
    );
    const counted = blocks.flatMap(({ rows, columns }) => {
      const numbers = (name: string) => {
        const found = columns.get(name);
        return found?.kind === "numbers" ? found.data : [];
      };
      return Array.from({ length: rows }, (_, row) => ({
        batch: Number(numbers("batch")[row]),
        rows: Number(numbers("rows")[row]),
        different: Number(numbers("different")[row]),
      }));
    });
    const whole = new Set(
      counted.filter(({ different }) => different === 40).map(({ batch }) => batch),
    );
    expect([...acknowledged].filter((batch) => !whole.has(batch))).toEqual([]);
    expect(counted.filter(({ rows, different }) => rows > different)).toEqual([]);
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  },
  120_000,
);
