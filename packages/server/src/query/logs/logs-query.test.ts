import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isLogExpr } from "@seaworthy/logql";
import type { Grid, LogEntry } from "@seaworthy/logql";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareRandomQueries, writeLines } from "../../../test/compare-logs.ts";
import { Generator } from "../../../test/generated-logs.ts";
import { openTelemetry } from "../../store/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { createLogsQuery } from "./logs-query.ts";
import type { LogsQuery } from "./logs-query.ts";

const endMs = Math.floor(Date.now() / 1000) * 1000;
const range = {
  startNs: BigInt(endMs - 3_600_000) * 1_000_000n,
  endNs: BigInt(endMs + 1) * 1_000_000n,
};
const COUNT = process.env["LOGQL_QUERIES"] ?? 250;
const SEED = process.env["LOGQL_SEED"] ?? 7;
let dir: string;
let telemetry: Telemetry;
let logs: LogsQuery;
let entries: LogEntry[];
/** Statements that were run. */
let asked: string[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "seaworthy-logql-"));
  telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
  entries = new Generator(1).lines(2000, endMs);
  await writeLines(telemetry.logs, entries.slice(0, 1000));
  await writeLines(telemetry.logs, entries.slice(1000));
  logs = createLogsQuery({
    telemetry: {
      ...telemetry,
      select: (sql, ...more) => {
        asked.push(sql);
        return telemetry.select(sql, ...more);
      },
    },
  });
});
afterAll(async () => {
  await telemetry.close();
  await rm(dir, { recursive: true, force: true });
});

it("answers as a plain evaluation of the same lines does", async () => {
  const differences = await compareRandomQueries(logs, entries, {
    count: Number(COUNT),
    seed: Number(SEED),
    endMs,
  });
  expect(differences).toEqual([]);
}, 300_000);

describe("what the engine computes", () => {
  const grid = { startMs: endMs, stepMs: 60_000, count: 1 };
  it.each([
    'sum by (app) (rate({app=~".+"} |= "error" [5m]))',
    'sum by (detected_level) (count_over_time({app="shop"} [1h]))',
    'count_over_time({app="cart"} | trace_id="t1" [10m])',
    'sum by (status) (count_over_time({app="shop"} | json | n > 50 [1h]))',
    'max by (user) (max_over_time({app="shop"} | json | unwrap n [1h]))',
    'sum by (level) (count_over_time({app="cart"} | logfmt | took >= 100ms | n > 20 [1h]))',
    'max by (user) (max_over_time({app="cart"} | logfmt | unwrap duration(took) [1h]))',
    'sum by (status) (rate({app="nginx"} | pattern "<_> \\"<method> <_>\\" <status> <_>" | method="GET" [1h]))',
    'sum by (path) (rate({app="nginx"} | regexp "(?P<path>/p/[0-9])" [1h]))',
  ])("%s is not counted line by line", async (query) => {
    const expr = logs.parse(query);
    if (isLogExpr(expr)) throw new Error("a metric query was meant");
    asked = [];
    await logs.metric(expr, grid);
    expect(asked.length).toBeGreaterThan(1);
    for (const sql of asked.slice(1)) expect(sql).toContain("GROUP BY");
  });
});

describe("fields that are kept of JSON lines", () => {
  const grid = { startMs: endMs, stepMs: 60_000, count: 1 };
  it.each([
    'sum by (status) (count_over_time({app="shop"} | json | status >= 500 [1h]))',
    'sum by (level) (rate({app="shop"} | json [1h]))',
    'max by (status) (max_over_time({app="shop"} | json | level="error" | unwrap status [1h]))',
    'sum by (s) (count_over_time({app="shop"} | json s="status", m="req.method" | m="GET" [1h]))',
  ])("%s reads lines only where these do not tell", async (query) => {
    const expr = logs.parse(query);
    if (isLogExpr(expr)) throw new Error("a metric query was meant");
    asked = [];
    await logs.metric(expr, grid);
    expect(asked).toHaveLength(3);
    expect(asked[1]).not.toMatch(/\bline\b/);
    expect(asked[2]).toMatch(/PREWHERE NOT \(json_shape != 0 AND /);
  });

  it("say which lines are read for other fields", async () => {
    const expr = logs.parse(
      'sum by (user) (count_over_time({app="shop"} | json | status=404 [1h]))',
    );
    if (isLogExpr(expr)) throw new Error("a metric query was meant");
    asked = [];
    await logs.metric(expr, grid);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toMatch(/PREWHERE .*json_status/);
  });
});

describe("what is counted of each minute", () => {
  const minute = endMs - (endMs % 60_000);
  const ask = async (query: string, grid: Grid) => {
    const expr = logs.parse(query);
    if (isLogExpr(expr)) throw new Error("a metric query was meant");
    asked = [];
    await logs.metric(expr, grid);
    return asked.map((sql) => sql.includes("toStartOfMinute"));
  };

  it("answers for whole minutes alone, and beside the lines around the ends of windows", async () => {
    const query = 'sum by (app, detected_level) (rate({app="shop"} | env="prod" [20m]))';
    const whole = { startMs: minute, stepMs: 300_000, count: 3 };
    expect(await ask(query, whole)).toEqual([false, true]);
    expect(await ask(query, { ...whole, startMs: minute + 1234 })).toEqual([false, true, false]);
    // More ends than are named one by one.
    const many = { startMs: minute - 2_999_000, stepMs: 180_000, count: 60 };
    expect(await ask(query.replace("20m", "18m"), many)).toEqual([false, true, false]);
    expect(asked[2]).toMatch(/% \{\w+:Int64\} < 60/);
  });

  it("does not where lines must be looked at", async () => {
    const whole = { startMs: minute, stepMs: 300_000, count: 3 };
    const count = (filter: string) => `sum(count_over_time({app="shop"} ${filter} [20m]))`;
    expect(await ask(count('|= "error"'), whole)).toEqual([false, false]);
    expect(await ask(count('| trace_id="t1"'), whole)).toEqual([false, false]);
    // A line has a label of its own by the name of its stream's.
    await writeLines(telemetry.logs, [
      {
        timeNs: BigInt(minute) * 1_000_000n,
        line: "x",
        stream: { service_name: "own", env: "dev" },
        metadata: { env: "its own" },
      },
    ]);
    const own = 'sum by (env) (count_over_time({service_name="own"} [20m]))';
    expect(await ask(own, whole)).toEqual([false, true, false]);
  });
});

describe("texts of letters", () => {
  // Others of the tests store lines meanwhile.
  const selector = '{app=~"shop|cart"}';
  const held = () => entries.filter(({ stream }) => ["shop", "cart"].includes(stream["app"] ?? ""));
  const count = async (stages: string) => {
    const expr = logs.parse(`sum(count_over_time(${selector} ${stages} [2h]))`);
    if (isLogExpr(expr)) throw new Error("a metric query was meant");
    asked = [];
    const matrix = await logs.metric(expr, { startMs: endMs + 1, stepMs: 60_000, count: 1 });
    if (typeof matrix === "number") throw new Error("a matrix was meant");
    return { lines: matrix[0]?.values[0] ?? 0, statement: asked.at(-1) ?? "" };
  };

  it("are counted by the words that hold them, without the lines", async () => {
    const words = [...new Set(held().flatMap(({ line }) => line.match(/[A-Za-z]{5,}/g) ?? []))];
    const parts = words.flatMap((word) => [word, word.slice(1), word.slice(0, -1), `${word}x`]);
    const texts = parts.filter((text) => text.length >= 5);
    expect(texts.length).toBeGreaterThan(10);
    // A server may be older than such indexes.
    const [known] = await telemetry.select(
      "SELECT name FROM system.data_skipping_indices WHERE table = 'logs' AND name = 'words' LIMIT 1",
    );
    const isIndexed = known !== undefined && known.rows > 0;
    for (const text of texts.slice(0, 15)) {
      const lines = held().filter(({ line }) => line.includes(text)).length;
      const found = await count(`|= "${text}"`);
      expect({ text, lines: found.lines }).toEqual({ text, lines });
      expect(found.statement.includes("LIKE")).toBe(!isIndexed);
    }
    const [one = "", other = ""] = words;
    const without = held().filter(({ line }) => !line.includes(one) && line.includes(other)).length;
    expect((await count(`!= "${one}" |= "${other}"`)).lines).toBe(without);
    const either = held().filter(({ line }) => line.includes(one) || line.includes(other)).length;
    expect((await count(`|= "${one}" or "${other}"`)).lines).toBe(either);
  });

  it("are looked for in lines where they may reach beyond a word", async () => {
    for (const text of ["rror", "status=", "größe", "error 5"]) {
      const lines = held().filter(({ line }) => line.includes(text)).length;
      const found = await count(`|= "${text}"`);
      expect({ text, lines: found.lines }).toEqual({ text, lines });
      expect(found.statement).toContain("LIKE");
    }
  });
});

describe("lines", () => {
  const ask = (query: string, direction: "forward" | "backward", limit: number) => {
    const expr = logs.parse(query);
    if (!isLogExpr(expr)) throw new Error("a log query was meant");
    return logs.lines(expr, { ...range, direction, limit });
  };

  it("come newest or oldest first, as many as are wanted, without a gap", async () => {
    const newest = await ask('{app="shop"}', "backward", 150);
    const oldest = await ask('{app="shop"}', "forward", 100_000);
    expect(newest).toHaveLength(150);
    expect(newest.map(({ timeNs }) => timeNs)).toEqual(
      oldest
        .map(({ timeNs }) => timeNs)
        .toReversed()
        .slice(0, 150),
    );
    expect(oldest).toHaveLength(entries.filter(({ stream }) => stream["app"] === "shop").length);
  });

  it("of one moment keep the order in which they came", async () => {
    const at = range.startNs + 5n;
    const burst = Array.from({ length: 500 }, (_, i) => ({
      timeNs: at,
      line: `burst ${i}`,
      stream: { service_name: "burst" },
      metadata: {},
    }));
    await writeLines(telemetry.logs, burst);
    const found = await ask('{service_name="burst"}', "forward", 300);
    expect(found.map(({ line }) => line)).toEqual(burst.slice(0, 300).map(({ line }) => line));
  });
});

describe("what there is", () => {
  const all = { selectors: [], ...range };
  it("names labels, values, streams and their sizes", async () => {
    expect(await logs.labelNames(all)).toEqual(["app", "env", "pod", "service_name"]);
    expect(await logs.labelValues("env", all)).toEqual(["dev", "prod"]);
    const matchers = [{ name: "app", operator: "=", value: "shop" }] as const;
    expect(await logs.labelValues("app", { ...all, selectors: [matchers] })).toEqual(["shop"]);
    expect(await logs.series({ ...all, selectors: [matchers] })).toHaveLength(9);
    const shop = entries.filter(({ stream }) => stream["app"] === "shop");
    const bytes = shop.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0);
    const stats = await logs.stats(matchers, all);
    expect(stats).toMatchObject({ streams: 9, entries: shop.length, bytes });
    const volume = await logs.volume(matchers, { ...all, stepNs: 600_000_000_000n });
    expect(volume.reduce((sum, each) => sum + each.bytes, 0)).toBe(bytes);
  });

  it("counts by the minute, whatever is asked for begins and ends within", async () => {
    const matchers = [{ name: "app", operator: "=", value: "shop" }] as const;
    const minuteNs = 60_000_000_000n;
    const whole = range.startNs - (range.startNs % minuteNs) + minuteNs;
    for (const [startNs, endNs, stepNs] of [
      [whole, whole + 40n * minuteNs, 5n * minuteNs],
      [whole + 1n, whole + 40n * minuteNs, 7n * minuteNs + 13n],
      [whole - 12_345_678_901n, whole + 50n * minuteNs + 5n, 90_000_000_000n],
      [range.startNs, range.endNs, 20_000_000_000n],
      // More ends than are named one by one.
      [whole - 200n * minuteNs - 7n, range.endNs, 3n * minuteNs + 13n],
      [whole - 200n * minuteNs - 7n, range.endNs - 11n, 3n * minuteNs],
      [whole - 200n * minuteNs, range.endNs - 11n, 3n * minuteNs],
    ] as const) {
      const between = { ...all, startNs, endNs };
      const shop = entries.filter(
        ({ stream, timeNs }) => stream["app"] === "shop" && timeNs >= startNs && timeNs < endNs,
      );
      const bytes = new Map<number, number>();
      for (const { line, timeNs } of shop) {
        const step = Number((timeNs - startNs) / stepNs);
        bytes.set(step, (bytes.get(step) ?? 0) + Buffer.byteLength(line));
      }
      expect(await logs.stats(matchers, between)).toMatchObject({ entries: shop.length });
      const found = new Map<number, number>();
      for (const { step, bytes: size } of await logs.volume(matchers, { ...between, stepNs }))
        found.set(step, (found.get(step) ?? 0) + size);
      expect([...found].sort(([a], [b]) => a - b)).toEqual([...bytes].sort(([a], [b]) => a - b));
    }
    asked = [];
    await logs.stats(matchers, { ...all, startNs: whole, endNs: whole + 40n * minuteNs });
    expect(asked.at(-1)).not.toContain("UNION ALL");
  });

  it("makes patterns of some lines, and says of how many each stands for others", async () => {
    const few = createLogsQuery({ telemetry, limits: { patternLines: 300 } });
    const request = { ...range, stepNs: 3_600_000_000_000n, limit: 1000 };
    const ask = async (query: string) => {
      const expr = logs.parse(query);
      if (!isLogExpr(expr)) throw new Error("a log query was meant");
      const { patterns, oneOf } = await few.patterns(expr, request);
      return { oneOf, lines: patterns.reduce((sum, { count }) => sum + count, 0) };
    };
    const shop = entries.filter(({ stream }) => stream["app"] === "shop");
    const drawn = await ask('{app="shop"}');
    expect(drawn.oneOf).toBe(Math.floor(shop.length / 300));
    // The sum is known; each part is rounded.
    expect(Math.abs(drawn.lines - shop.length)).toBeLessThan(shop.length * 0.2);
    // What filters leave is looked at as a whole, when it is little.
    const errors = shop.filter(({ line }) => line.includes("error"));
    expect(await ask('{app="shop"} |= "error"')).toEqual({ oneOf: 1, lines: errors.length });
  });

  it("refuses selectors of too many streams", async () => {
    const few = createLogsQuery({ telemetry, limits: { maxStreams: 3 } });
    await expect(few.series(all)).rejects.toThrow("more than 3 streams");
  });
});
