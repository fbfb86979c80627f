import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { STALE_BITS, setStale } from "../../model/index.ts";
import type { Labels, SampleBatch } from "../../model/index.ts";
import { startProgram } from "../../../test/program.ts";
import { StoreError } from "../errors.ts";
import type { Block } from "./native-format.ts";
import { familyOf } from "./series-identity.ts";
import { openTelemetry } from "./telemetry.ts";
import type { Telemetry } from "./telemetry.ts";

const log = pino({ level: "silent" });
const now = Date.now();
let telemetry: Telemetry;

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-telemetry-"));
  telemetry = await openTelemetry({ dir, log });
  return async () => {
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  };
});

/** One sample of each series at `time`. */
function batchOf(
  time: number,
  ...samples: readonly [labels: Labels, value: number][]
): SampleBatch {
  return {
    series: samples.map(([labels]) => labels),
    seriesOf: Uint32Array.from(samples, (_, i) => i),
    times: new Float64Array(samples.length).fill(time),
    values: Float64Array.from(samples, ([, value]) => value),
  };
}

function column(blocks: readonly Block[], name: string): unknown[] {
  return blocks.flatMap(({ columns }): unknown[] => {
    const found = columns.get(name);
    if (found?.kind !== "numbers" && found?.kind !== "strings") throw new Error(`no ${name}`);
    return [...found.data];
  });
}

/** Runs a statement of which the answer is one column, `x`. */
async function ask(sql: string): Promise<unknown[]> {
  return column(await telemetry.select(sql), "x");
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

it("reads back what was written, bit for bit", async () => {
  const odd = [0.1, -0, Number.POSITIVE_INFINITY, Number.NaN, 5e-324, 2 ** 60 + 2 ** 9];
  const values = Float64Array.from([...odd, 0]);
  setStale(values, odd.length);
  await telemetry.samples.write({
    series: [{ __name__: "bits", note: "ünï\u0000\"'\\;" }],
    seriesOf: new Uint32Array(values.length),
    times: Float64Array.from(values, (_, i) => now + i),
    values,
  });
  const blocks = await telemetry.select(
    "SELECT reinterpretAsUInt64(value) AS x FROM samples WHERE family = {family:UInt32} ORDER BY time",
    { family: familyOf("bits") },
  );
  expect(column(blocks, "x")).toEqual([...new BigUint64Array(values.buffer)]);
  expect(column(blocks, "x").at(-1)).toBe(STALE_BITS);
  const found = await telemetry.select(
    "SELECT labels['__name__'] AS x FROM series WHERE labels['note'] = {note:String}",
    { note: "ünï\u0000\"'\\;" },
  );
  expect(column(found, "x")).toEqual(["bits"]);
});

it("commits together what is written at the same time", async () => {
  await telemetry.samples.write(batchOf(now, [{ __name__: "warm" }, 1]));
  const writes = Array.from({ length: 40 }, (_, i) =>
    telemetry.samples.write(batchOf(now, [{ __name__: "grouped", i: String(i) }, i])),
  );
  await Promise.all(writes);
  expect(
    await ask(
      `SELECT count() AS x FROM samples WHERE family = ${familyOf("grouped")} GROUP BY _part ORDER BY x`,
    ),
  ).toEqual([40n]);
});

it("names a series once a day, before its first sample, and says so", async () => {
  const family = familyOf("named");
  const before = telemetry.seriesVersion(family);
  await telemetry.samples.write(batchOf(now, [{ __name__: "named", empty: "" }, 1]));
  const after = telemetry.seriesVersion(family);
  await telemetry.samples.write(batchOf(now + 1, [{ __name__: "named" }, 2]));
  expect(after).toBeGreaterThan(before);
  expect(telemetry.seriesVersion(family)).toBe(after);
  await telemetry.samples.write(batchOf(now - 86_400_000, [{ __name__: "named" }, 0]));
  expect(await ask(`SELECT day AS x FROM series WHERE family = ${family} ORDER BY day`)).toEqual([
    Math.floor(now / 86_400_000) - 1,
    Math.floor(now / 86_400_000),
  ]);
  expect(await ask(`SELECT uniqExact(series) AS x FROM samples WHERE family = ${family}`)).toEqual([
    1n,
  ]);
});

it("keeps what metrics are", async () => {
  telemetry.samples.describe([{ metric: "m", type: "counter", help: "Helps; 'so'.", unit: "" }]);
  await telemetry.samples.write(batchOf(now, [{ __name__: "m" }, 1]));
  await expect
    .poll(() => ask("SELECT help AS x FROM metrics WHERE metric = 'm'"))
    .toEqual(["Helps; 'so'."]);
});

describe("a batch that cannot be stored", () => {
  it("is refused whole when it is malformed, and harms no other", async () => {
    const good = telemetry.samples.write(batchOf(now, [{ __name__: "good" }, 1]));
    const bad = batchOf(now, [{ __name__: "bad" }, 1]);
    const wrong = [
      { ...bad, times: new Float64Array([now, now]) },
      { ...bad, seriesOf: new Uint32Array([7]) },
      { ...bad, times: new Float64Array([now * 1e6]) },
      { ...bad, times: new Float64Array([Number.NaN]) },
    ];
    for (const batch of wrong) {
      expect(await errorOf(telemetry.samples.write(batch))).toBeInstanceOf(RangeError);
    }
    await good;
    expect(await ask(`SELECT count() AS x FROM samples WHERE family = ${familyOf("bad")}`)).toEqual(
      [0n],
    );
  });
});

describe.each([false, true])("a statement (with a long answer: %s)", (long) => {
  it("is stopped in the engine when its caller has gone", async () => {
    const slow = "SELECT count() AS x FROM numbers(100000000000) WHERE sipHash64(number) = 1";
    const gone = new AbortController();
    const query = errorOf(telemetry.select(slow, {}, { signal: gone.signal, long }));
    const running =
      "SELECT count() AS x FROM system.processes WHERE query LIKE '%sipHash64(number)%'";
    await expect.poll(() => ask(running)).toEqual([2n]);
    const reason = new Error("the caller has gone");
    gone.abort(reason);
    expect(await query).toBe(reason);
    expect(await ask(running)).toEqual([1n]);
  });

  it("is stopped in the middle of its answer", async () => {
    const endless = "SELECT number AS x FROM numbers(100000000000) WHERE sleepEachRow(0.0001) = 0";
    const gone = new AbortController();
    const settings = { max_block_size: 100, function_sleep_max_microseconds_per_block: 0 };
    const query = errorOf(telemetry.select(endless, {}, { signal: gone.signal, long, settings }));
    const rows =
      "SELECT sum(read_rows) > 1000 AS x FROM system.processes WHERE query LIKE '%0.0001)%' AND query NOT LIKE '%processes%'";
    await expect.poll(() => ask(rows)).toEqual([1]);
    gone.abort(new Error("gone"));
    expect(await query).toMatchObject({ message: "gone" });
    await telemetry.ping();
  });

  it("is stopped at its time limit", async () => {
    const slow = "SELECT count() AS x FROM numbers(100000000000) WHERE sipHash64(number) = 1";
    const error = await errorOf(telemetry.select(slow, {}, { timeoutMs: 50, long }));
    expect(error).toMatchObject({ code: "query_timeout" });
  });

  it("answers all of it, bit for bit", async () => {
    const sql = "SELECT number AS x, reinterpretAsFloat64(number) AS y FROM numbers(300000)";
    const blocks = await telemetry.select(sql, {}, { long });
    const columns = blocks.map(({ columns: found }) => [found.get("x"), found.get("y")]);
    const [numbers, floats] = [0, 1].map((i) =>
      Buffer.concat(
        columns.map((pair) => (pair[i]?.kind === "numbers" ? pair[i].bytes : new Uint8Array())),
      ),
    );
    expect(numbers?.length).toBe(2_400_000);
    expect(numbers?.equals(floats ?? Buffer.alloc(0))).toBe(true);
    expect(numbers?.readUInt32LE(8 * 299_999)).toBe(299_999);
  });

  it("is refused when the engine finds its fault in the middle", async () => {
    const sql = "SELECT throwIf(number = 200000) AS x FROM numbers(300000)";
    const error = await errorOf(telemetry.select(sql, {}, { long }));
    expect(error).toMatchObject({ code: "store_unavailable" });
    await telemetry.ping();
  });
});

describe("a statement", () => {
  it("is refused when it needs too much memory", async () => {
    const error = await errorOf(
      telemetry.select("SELECT length(groupArray(toString(number))) AS x FROM numbers(100000000)"),
    );
    expect(error).toMatchObject({ code: "query_too_large" });
  });

  it("cannot be two", async () => {
    const error = await errorOf(telemetry.select("SELECT 1 AS x; DROP TABLE samples"));
    expect(error).toBeInstanceOf(StoreError);
    expect(await ask("SELECT 'a;b' AS x -- ; \n")).toEqual(["a;b"]);
  });

  it("waits for its turn, and leaves the queue when its caller has gone", async () => {
    const gone = new AbortController();
    const busy = Array.from({ length: 3 }, () => telemetry.select("SELECT sleep(0.3) AS x"));
    const waiting = errorOf(telemetry.select("SELECT 1 AS x", {}, { signal: gone.signal }));
    gone.abort(new Error("gone"));
    expect(await waiting).toMatchObject({ message: "gone" });
    await Promise.all(busy);
    await telemetry.ping();
  });
});

it("says that another process has the folder", async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-telemetry-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const program = new URL("../../../test/programs/open-telemetry.ts", import.meta.url);
  const holder = startProgram(program, [dir]);
  expect(await holder.nextLine()).toBe("open");
  const second = startProgram(program, [dir]);
  expect(await second.nextLine()).toMatch(/^data_folder_in_use: .*another process.*--data/);
  await holder.kill();
});

it("closes what waits, runs and comes after, within its time", async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-telemetry-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const closer = startProgram(
    new URL("../../../test/programs/close-telemetry.ts", import.meta.url),
    [dir],
  );
  const said = JSON.parse(await closer.nextLine()) as Record<string, unknown>;
  expect(said).toEqual({
    waiting: "fulfilled",
    running: "query_cancelled",
    late: "store_unavailable",
    inTime: true,
    stored: "1",
  });
});
