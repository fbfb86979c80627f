import {
  appendFile,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { appendFileSync, copyFileSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TailInput, TailRecord } from "./record.ts";
import { DeliveryRefused, startTail } from "./tail.ts";
import type { Tail, TailOptions } from "./tail.ts";

let folder: string;
let tails: Tail[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-tail-"));
});
afterEach(async () => {
  for (const tail of tails.splice(0)) await tail.stop();
  await rm(folder, { recursive: true, force: true });
});

const path = (name: string) => join(folder, name);
const files = (...patterns: string[]): TailInput => ({
  kind: "files",
  patterns: patterns.map(path),
});

function follow(input: TailInput, more: Partial<TailOptions> = {}) {
  const records: TailRecord[] = [];
  const told: string[] = [];
  const tail = startTail({
    inputs: [input],
    positions: path("positions.json"),
    pollMs: 5,
    goneMs: 300,
    tell: (message) => told.push(message),
    deliver: async (batch) => void records.push(...batch),
    ...more,
  });
  tails.push(tail);
  const lines = () => records.map(({ line }) => line);
  const until = (wanted: readonly string[]) =>
    vi.waitFor(() => expect(lines().toSorted()).toEqual([...wanted].sort()), {
      timeout: 30_000,
      interval: 10,
    });
  return { tail, records, lines, until, told };
}

describe("following files", () => {
  it("delivers what is there and what comes, with labels, levels and times", async () => {
    await mkdir(path("nginx"));
    await writeFile(path("nginx/access.log"), "");
    const { until, records } = follow({ ...files("*/*.log"), labels: { env: "test" } });
    const line = '10.0.0.1 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 500 1 "-" "-"';
    await appendFile(path("nginx/access.log"), `${line}\nno time`);
    await until([line]);
    await appendFile(path("nginx/access.log"), " yet\n  at stack\n");
    await until([line, "no time yet\n  at stack"]);
    expect(records[0]).toMatchObject({
      labels: { filename: path("nginx/access.log"), service_name: "nginx", env: "test" },
      timeNs: 1_767_225_600_000_000_000n,
      metadata: { level: "error", status: "500" },
    });
    expect(Date.now() - Number((records[1]?.timeNs ?? 0n) / 1_000_000n)).toBeLessThan(60_000);
  });

  it("tells a file that is cut and written anew while its first lines are delivered", async () => {
    const old = Array.from({ length: 40 }, (_, i) => `old line ${i}`);
    const fresh = Array.from({ length: 90 }, (_, i) => `fresh line ${i}`);
    const text = (lines: readonly string[]) => `${lines.join("\n")}\n`;
    await writeFile(path("a.log"), text(old.slice(0, 20)));
    const records: TailRecord[] = [];
    let isFirst = true;
    const { tail } = follow(files("*.log"), {
      async deliver(batch) {
        records.push(...batch);
        if (!isFirst) return;
        isFirst = false;
        // What was not read yet is in the copy; what is written then is longer than what was read.
        appendFileSync(path("a.log"), text(old.slice(20)));
        copyFileSync(path("a.log"), path("a.log.1"));
        truncateSync(path("a.log"), 0);
        appendFileSync(path("a.log"), text(fresh));
      },
    });
    await vi.waitFor(
      () => expect(records.map(({ line }) => line).toSorted()).toEqual([...old, ...fresh].sort()),
      { timeout: 30_000, interval: 10 },
    );
    await tail.stop();
  });

  it("reads a file from its beginning that was cut while a killed one delivered its first lines", async () => {
    await writeFile(path("a.log"), "old line 1\nold line 2\n");
    let letGo = () => {};
    const first = follow(files("*.log"), {
      deliver: () => new Promise((_, reject) => (letGo = () => reject(new Error("killed")))),
    });
    await vi.waitFor(
      async () => expect(await readFile(path("positions.json"), "utf8")).toContain("inFlight"),
      { timeout: 30_000, interval: 10 },
    );
    // As a killed process leaves it.
    const left = await readFile(path("positions.json"), "utf8");
    const ended = first.tail.stop();
    letGo();
    await ended;
    copyFileSync(path("a.log"), path("a.log.1"));
    truncateSync(path("a.log"), 0);
    const fresh = ["a fresh line, the first", "a fresh line, the second"];
    appendFileSync(path("a.log"), `${fresh.join("\n")}\n`);
    await writeFile(path("left.json"), left);
    const second = follow(files("*.log", "*.log.1"), { positions: path("left.json") });
    await second.until(["old line 1", "old line 2", ...fresh]);
  });

  it("goes on over renaming, cutting, deletion and files that come", async () => {
    await writeFile(path("a.log"), "1\n");
    const { until, lines } = follow(files("*.log"));
    await until(["1"]);
    // Renamed while the writer still writes to it, to a name that the pattern does not have.
    await rename(path("a.log"), path("a.log.1"));
    await appendFile(path("a.log.1"), "2\nlast without newline");
    await writeFile(path("a.log"), "3\n");
    await until(["1", "2", "3", "last without newline"]);
    await truncate(path("a.log"), 0);
    await appendFile(path("a.log"), "4\n");
    await until(["1", "2", "3", "last without newline", "4"]);
    await writeFile(path("b.log"), "5\n");
    await vi.waitFor(() => expect(lines()).toContain("5"), { timeout: 30_000 });
    await rm(path("b.log"));
    await until(["1", "2", "3", "last without newline", "4", "5"]);
  });

  it("reads from a copy what was written before the file was cut", async () => {
    await writeFile(path("a.log"), "first line\n");
    const { until, told } = follow(files("a.log"));
    await until(["first line"]);
    // All of it between two looks at the file.
    appendFileSync(path("a.log"), "just before\n");
    copyFileSync(path("a.log"), path("a.log.1"));
    truncateSync(path("a.log"), 0);
    appendFileSync(path("a.log"), "after\n");
    await until(["first line", "just before", "after"]);
    expect(told.join()).toContain("was cut");
  });

  it("goes on where it was after a restart, also in files that were renamed meanwhile", async () => {
    await writeFile(path("a.log"), "1\n");
    const first = follow(files("a.log"));
    await first.until(["1"]);
    await first.tail.stop();
    await appendFile(path("a.log"), "2\n");
    await rename(path("a.log"), path("a.log.1"));
    await writeFile(path("a.log"), "3\n");
    const second = follow(files("a.log"));
    await second.until(["2", "3"]);
    expect(first.lines()).toEqual(["1"]);
  });

  it("tries again until it is delivered, with the same records, over a restart too", async () => {
    await writeFile(path("a.log"), "no time of its own\n  and more\nsecond\n");
    const tried: (readonly TailRecord[])[] = [];
    const away = follow(files("a.log"), {
      deliver: async (batch) => {
        tried.push(batch);
        throw new Error("away");
      },
    });
    await vi.waitFor(() => expect(tried.length).toBeGreaterThan(1), { timeout: 30_000 });
    await away.tail.stop();
    await appendFile(path("a.log"), "third\n");
    const batches: (readonly TailRecord[])[] = [];
    const back = follow(files("a.log"), { deliver: async (batch) => void batches.push(batch) });
    await vi.waitFor(() => expect(batches.flat().at(-1)?.line).toBe("third"), { timeout: 30_000 });
    expect(batches[0]).toEqual(tried[0]);
    expect(tried[1]).toEqual(tried[0]);
    expect(batches.flat().filter(({ line }) => line === "second")).toHaveLength(1);
    await back.tail.stop();
  });

  it("ends at once, or when it is refused for good, and forgets nothing", async () => {
    await writeFile(path("a.log"), `${"x".repeat(600_000)}\nlast`);
    const refused = follow(files("a.log"), {
      deliver: () => Promise.reject(new DeliveryRefused("the key is not taken")),
    });
    await expect(refused.tail.done).rejects.toThrow("the key is not taken");
    const once = follow(files("a.log"), { once: true });
    await once.tail.done;
    // A line that is too long comes in pieces.
    expect(once.lines().join("")).toBe(`${"x".repeat(600_000)}last`);
    expect(once.records.every(({ line }) => line.length <= 256 * 1024)).toBe(true);
    const again = follow(files("a.log"), { once: true });
    await again.tail.done;
    expect(again.records).toEqual([]);
  });

  it("leaves out what was there before, when that is wished", async () => {
    await writeFile(path("a.log"), "old\n");
    const { until } = follow(files("*.log"), { fromNow: true });
    const begun = () => readFile(path("positions.json"));
    await vi.waitFor(begun, { timeout: 30_000, interval: 10 });
    await appendFile(path("a.log"), "new\n");
    await writeFile(path("b.log"), "from its beginning\n");
    await until(["new", "from its beginning"]);
  });
});

it("follows Docker's containers by their names", async () => {
  await mkdir(path("c/abcdef0123456789"), { recursive: true });
  const container = path("c/abcdef0123456789");
  const labels = { "com.docker.compose.service": "web", "com.docker.compose.project": "shop" };
  await writeFile(
    join(container, "config.v2.json"),
    JSON.stringify({ Name: "/shop-web-1", Config: { Labels: labels } }),
  );
  const entry = (log: string, stream = "stdout") =>
    `${JSON.stringify({ log, stream, time: "2026-01-01T00:00:00.123456789Z" })}\n`;
  await writeFile(
    join(container, "abcdef0123456789-json.log"),
    entry("a long ") + entry("line\n") + entry("oh\n", "stderr"),
  );
  const { until, records } = follow({ kind: "docker", folder: path("c") });
  await until(["a long line", "oh"]);
  expect(records[0]).toMatchObject({
    labels: {
      job: "docker",
      container: "shop-web-1",
      service_name: "web",
      compose_project: "shop",
      stream: "stdout",
    },
    timeNs: 1_767_225_600_123_456_789n,
  });
});

it("follows the journal by its cursor, and starts its command again", async () => {
  // Prints all entries behind the cursor and ends: as journalctl would that was killed.
  const entry = (n: number, more: object = {}) =>
    JSON.stringify({
      __CURSOR: `c${n}`,
      __REALTIME_TIMESTAMP: `176722560000000${n}`,
      MESSAGE: `m${n}`,
      _SYSTEMD_UNIT: "nginx.service",
      PRIORITY: "4",
      ...more,
    });
  await writeFile(path("journal"), `${entry(1)}\nnot json\n${entry(2, { MESSAGE: [104, 105] })}\n`);
  const script = `awk -v after="$2" 'index(after, "--after-cursor=") != 1 { print; next } seen { print } index($0, "\\"" substr(after, 16) "\\"") { seen = 1 }' "$1"`;
  const command = ["sh", "-c", script, "journal", path("journal")];
  const first = follow({ kind: "journald", command });
  await first.until(["m1", "hi"]);
  expect(first.records[0]).toMatchObject({
    labels: { job: "systemd-journal", unit: "nginx.service", service_name: "nginx" },
    timeNs: 1_767_225_600_000_001_000n,
    metadata: { level: "warning" },
  });
  await first.tail.stop();
  await appendFile(path("journal"), `${entry(3)}\n`);
  const second = follow({ kind: "journald", command });
  await second.until(["m3"]);
});
