import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import type { ClickHouse } from "../engine.ts";
import { JournalledClickHouse } from "./journalled.ts";
import type { JournalLimits } from "./journalled.ts";

const log = pino({ level: "silent" });

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-journal-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** An engine that notes what it is asked; `full` makes it refuse inserts. */
function fakeEngine() {
  const asked: string[] = [];
  const state = { full: false };
  const engine: ClickHouse = {
    isShared: false,
    storedAs: (table) => table,
    system: (table) => table,
    select: async (sql) => {
      asked.push(sql);
      return [];
    },
    execute: async (sql) => void asked.push(sql),
    insert: async (table, block) => {
      if (state.full) throw new Error("Code: 243. DB::Exception: full");
      asked.push(`${table} ${Buffer.from(block).toString()}`);
    },
    ping: async () => {},
    close: async () => void asked.push("close"),
  };
  return { engine, asked, state };
}

/** Nothing is handed over but by what a test does. */
const never: Partial<JournalLimits> = { everyMs: 3_600_000, minFreeBytes: 0 };

function open(engine: ClickHouse, dir: string, limits: Partial<JournalLimits> = {}) {
  return JournalledClickHouse.open(engine, { dir, log, limits: { ...never, ...limits } });
}

const bytes = (text: string) => Buffer.from(text);

it("keeps samples in a file and hands them over together, before a statement that names them", async () => {
  const dir = await folder();
  const { engine, asked } = fakeEngine();
  const journalled = await open(engine, dir);
  await journalled.insert("samples", bytes("a"));
  await journalled.insert("samples", bytes("b"));
  await journalled.insert("series", bytes("c"));
  await journalled.select("SELECT 1 FROM series");
  expect(asked).toEqual(["series c", "SELECT 1 FROM series"]);
  expect((await readFile(join(dir, "samples-1.journal"))).includes("b")).toBe(true);
  await journalled.select("SELECT 1 FROM samples");
  expect(asked.slice(2)).toEqual(["samples ab", "SELECT 1 FROM samples"]);
  expect(await readdir(dir)).toEqual([]);
  await journalled.insert("samples", bytes("d"));
  await journalled.execute("DELETE FROM samples");
  expect(asked.slice(4)).toEqual(["samples d", "DELETE FROM samples"]);
});

it("hands over when there is enough, and soon", async () => {
  const { engine, asked } = fakeEngine();
  const journalled = await open(engine, await folder(), { flushBytes: 4 });
  await journalled.insert("samples", bytes("abc"));
  await journalled.insert("samples", bytes("de"));
  await vi.waitFor(() => expect(asked).toHaveLength(1), 30_000);
  expect(asked).toEqual(["samples abcde"]);
});

it("reads the journal of a process that was killed, once", async () => {
  const dir = await folder();
  const killed = await open(fakeEngine().engine, dir);
  await killed.insert("samples", bytes("first"));
  await killed.insert("samples", bytes("second"));
  // The last record was being written.
  const path = join(dir, "samples-1.journal");
  const file = await readFile(path);
  await writeFile(path, file.subarray(0, -2));
  const { engine, asked } = fakeEngine();
  const journalled = await open(engine, dir);
  expect(asked).toEqual(["samples first"]);
  expect(await readdir(dir)).toEqual([]);
  await journalled.insert("samples", bytes("x"));
  expect(await readdir(dir)).toEqual(["samples-2.journal"]);
  await journalled.close();
  expect(asked.slice(1)).toEqual(["samples x", "close"]);
  expect(await readdir(dir)).toEqual([]);
});

it("keeps a damaged journal aside", async () => {
  const dir = await folder();
  const killed = await open(fakeEngine().engine, dir);
  for (const text of ["first", "second", "third"]) await killed.insert("samples", bytes(text));
  const path = join(dir, "samples-1.journal");
  const file = await readFile(path);
  file[file.indexOf("second")] = 0;
  await writeFile(path, file);
  const { engine, asked } = fakeEngine();
  await open(engine, dir);
  expect(asked).toEqual(["samples first"]);
  expect(await readdir(dir)).toEqual(["samples-1.journal.damaged"]);
});

it("keeps what the engine refuses, refuses when there is too much, and goes on", async () => {
  const dir = await folder();
  const { engine, asked, state } = fakeEngine();
  const journalled = await open(engine, dir, { maxBytes: 10 });
  state.full = true;
  await journalled.insert("samples", bytes("12345"));
  const full = { code: "data_folder_unusable" };
  await expect(journalled.select("SELECT 1 FROM samples")).rejects.toMatchObject(full);
  await journalled.insert("samples", bytes("67890"));
  await expect(journalled.insert("samples", bytes("x"))).rejects.toMatchObject(full);
  // A process that is killed now loses nothing.
  const next = fakeEngine();
  expect((await readdir(dir)).length).toBe(2);
  state.full = false;
  await journalled.flush();
  expect(asked).toEqual(["samples 1234567890"]);
  await open(next.engine, dir);
  expect(next.asked).toEqual([]);
});

it("leaves what could not be handed over at the end to the next start", async () => {
  const dir = await folder();
  const { engine, asked, state } = fakeEngine();
  const journalled = await open(engine, dir);
  await journalled.insert("samples", bytes("kept"));
  state.full = true;
  await journalled.close();
  expect(asked).toEqual(["close"]);
  const next = fakeEngine();
  await open(next.engine, dir);
  expect(next.asked).toEqual(["samples kept"]);
});

it("hands over at once what is large, or where the disk has little room, after what waits", async () => {
  const { engine, asked } = fakeEngine();
  const large = await open(engine, await folder(), { directBytes: 3 });
  await large.insert("samples", bytes("a"));
  await large.insert("samples", bytes("large"));
  expect(asked).toEqual(["samples a", "samples large"]);
  const small = fakeEngine();
  const dir = await folder();
  const full = await open(small.engine, dir, { minFreeBytes: Number.MAX_VALUE });
  await full.insert("samples", bytes("a"));
  expect(small.asked).toEqual(["samples a"]);
});

it("refuses what cannot be written to the journal, and takes the next", async () => {
  const dir = await folder();
  const { engine, asked } = fakeEngine();
  const journalled = await open(engine, dir);
  await journalled.insert("samples", bytes("a"));
  await journalled.flush();
  // A folder stands where the next file belongs.
  await mkdir(join(dir, "samples-2.journal"));
  await expect(journalled.insert("samples", bytes("b"))).rejects.toMatchObject({
    code: "store_unavailable",
  });
  await rmdir(join(dir, "samples-2.journal"));
  await journalled.insert("samples", bytes("c"));
  await journalled.close();
  expect(asked).toEqual(["samples a", "samples c", "close"]);
});

it("loses nothing between a file that is removed and one that begins", async () => {
  const dir = await folder();
  const { engine, asked } = fakeEngine();
  const journalled = await open(engine, dir);
  const all = Array.from({ length: 60 }, (_, i) => `<${i}>`);
  await Promise.all(
    all.map(async (text, i) => {
      await journalled.insert("samples", bytes(text));
      if (i % 7 === 0) await journalled.select("SELECT 1 FROM samples");
    }),
  );
  await journalled.flush();
  const inserted = asked.filter((text) => text.startsWith("samples ")).join("");
  expect(all.filter((text) => inserted.split(text).length !== 2)).toEqual([]);
  expect(await readdir(dir)).toEqual([]);
});
