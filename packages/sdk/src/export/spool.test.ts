import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startProgram } from "../../../server/test/program.ts";
import { Collector } from "../../test/collector.ts";
import { Exporter } from "./exporter.ts";
import { encodeLogs } from "./otlp.ts";
import { pack } from "./pack.ts";
import { Spool } from "./spool.ts";

let collector: Collector;
let folder: string;
beforeEach(async () => {
  collector = await Collector.start();
  folder = await mkdtemp(join(tmpdir(), "seaworthy-spool-"));
});
afterEach(async () => {
  await collector.close();
  await rm(folder, { recursive: true, force: true });
});

const nobody = "http://127.0.0.1:1";
const resource = { service: "s", environment: "e", version: "1", instance: "i" };

const encode = (items: readonly string[]) =>
  encodeLogs(
    resource,
    items.map((body) => ({ time: 1, severity: 9, severityText: "INFO", body, attributes: {} })),
  );

function exporter(url: string, maxBytes = 1_000_000, maxBatch = 10): Exporter<string> {
  const made = new Exporter<string>({
    url: new URL(`${url}/v1/logs`),
    key: "test-key",
    pack: (items) => pack(items, encode, () => {}),
    sizeOf: (item) => item.length,
    limits: { waitMs: 1, backoffMs: 1, maxBackoffMs: 5, maxAttempts: 3, maxBatch },
    spool: { folder, signal: "logs", maxBytes },
    caught: () => {},
  });
  return made;
}

const push = (it: Exporter<string>, from: number, to: number) => {
  for (let index = from; index < to; index += 1) it.push(`item ${index}`);
};
const bodies = () => collector.logs.map(({ body }) => body);
const items = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `item ${from + index}`);

test("what a killed process had to send is sent by the next one", async () => {
  const program = new URL("../../test/programs/spooling.ts", import.meta.url);
  const first = startProgram(program, [nobody, folder, "first", "600"]);
  expect(await first.nextLine()).toBe("logged");
  // The lines, the error and the span.
  const written = async () =>
    (await readdir(folder)).filter((name) => !name.endsWith(".part")).length;
  await vi.waitFor(async () => expect(await written()).toBe(3), { timeout: 30_000 });
  await first.kill();
  const second = startProgram(program, [collector.url, folder, "second", "1"]);
  try {
    await collector.until(
      () =>
        collector.spans.length >= 2 &&
        bodies().includes("second 0") &&
        bodies().includes("Error: second failed"),
    );
    await vi.waitFor(async () => expect(await written()).toBe(0), { timeout: 30_000 });
  } finally {
    await second.kill();
  }
  const lines = bodies().filter((body) => body.startsWith("first "));
  expect(lines).toEqual(Array.from({ length: 600 }, (_, index) => `first ${index}`));
  expect(bodies().filter((body) => body === "Error: first failed")).toHaveLength(1);
  expect(collector.spans.map(({ name }) => name)).toEqual(["first span", "second span"]);
});

test("outlasts an absence in order, and goes on beyond the usual attempts", async () => {
  collector.behave((response) => response.destroy());
  const it = exporter(collector.url);
  push(it, 0, 25);
  await collector.until(() => collector.requests > 10);
  collector.behave(undefined);
  push(it, 25, 30);
  await collector.until(() => collector.logs.length === 30);
  await it.close(5_000);
  expect(bodies()).toEqual(items(0, 30));
  expect([it.sent, it.dropped.size]).toEqual([30, 0]);
  expect(await readdir(folder)).toEqual([]);
});

test("a shutdown leaves on disk what cannot be sent, and loses nothing", async () => {
  const it = exporter(nobody);
  push(it, 0, 25);
  await it.close(50);
  expect([it.sent, it.dropped.size]).toEqual([0, 0]);
  const next = exporter(collector.url);
  await collector.until(() => collector.logs.length === 25);
  await next.close(5_000);
  expect(bodies()).toEqual(items(0, 25));
  expect(next.sent).toBe(25);
});

test("holds a bounded number of bytes; the oldest make room and are counted", async () => {
  const lost = vi.fn<(reason: string, count: number) => void>();
  const spool = new Spool({ folder, signal: "logs", maxBytes: 1_000, lost });
  for (let index = 0; index < 10; index += 1)
    await spool.write(Buffer.alloc(180, index), index + 1);
  expect(spool.bytes).toBe(1_000);
  expect(lost.mock.calls).toEqual([1, 2, 3, 4, 5].map((count) => ["spool_full", count]));
  const sizes = await Promise.all(
    (await readdir(folder)).map(async (name) => (await readFile(join(folder, name))).length),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1_000);
  // What is being sent stays; what is larger than all of it does not come in.
  const { oldest } = spool;
  if (oldest === undefined) throw new Error("nothing is there");
  expect(await spool.read(oldest)).toEqual(Buffer.alloc(180, 5));
  await spool.write(Buffer.alloc(180), 1);
  expect([spool.oldest, lost.mock.calls.at(-1)]).toEqual([oldest, ["spool_full", 7]]);
  await spool.write(Buffer.alloc(2_000), 77);
  expect(lost.mock.calls.at(-1)).toEqual(["spool_full", 77]);
  expect(spool.oldest).toBe(oldest);
});

test("files that are damaged are left out and counted; those of others stay", async () => {
  const it = exporter(nobody);
  push(it, 0, 30);
  await it.close(50);
  const names = (await readdir(folder)).sort();
  expect(names).toHaveLength(3);
  await truncate(join(folder, names[0] ?? ""), 10);
  await writeFile(join(folder, names[1] ?? ""), "x".repeat(500));
  const others = [
    "notes.txt",
    "000000000-000000-1-5.logs",
    (names[2] ?? "").replace("logs", "traces"),
  ];
  for (const name of others) await writeFile(join(folder, name), "not ours");
  const next = exporter(collector.url);
  await collector.until(() => collector.logs.length === 10);
  await next.close(5_000);
  expect(bodies()).toEqual(items(20, 30));
  expect([next.sent, next.dropped.get("corrupt")]).toEqual([10, 20]);
  expect((await readdir(folder)).sort()).toEqual([...others].sort());
});

test("a batch that the server chokes on does not hold up those behind it", async () => {
  let requests = 0;
  collector.behave((response) => {
    requests += 1;
    if (requests === 3) collector.behave(undefined);
    response.writeHead(500).end();
  });
  const it = exporter(collector.url);
  push(it, 0, 20);
  await collector.until(() => collector.logs.length === 10);
  await it.close(5_000);
  expect(bodies()).toEqual(items(10, 20));
  expect(it.dropped.get("undeliverable")).toBe(10);
});

test("a folder that cannot be used costs the spool, not the telemetry", async () => {
  const file = join(folder, "file");
  await writeFile(file, "in the way");
  folder = join(file, "below");
  const it = exporter(collector.url);
  push(it, 0, 5);
  await collector.until(() => collector.logs.length === 5);
  await it.close(5_000);
  expect(it.sent).toBe(5);
  folder = file;
});
