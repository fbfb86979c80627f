/** What the benchmarks of logs and traces have in common: bodies written by hand, senders, stores, times. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbedded } from "../packages/server/dist/store/clickhouse/embedded.js";
import { defaultTelemetryLimits } from "../packages/server/dist/store/clickhouse/limits.js";
import { openTelemetry } from "../packages/server/dist/store/index.js";

function varint(value) {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A field of protobuf with bytes, or with a whole number. */
export const field = (number, bytes) =>
  Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes]);
export const numberField = (number, value) =>
  Buffer.concat([Buffer.from([number << 3]), varint(value)]);

/** A field of protobuf of 64 bits. */
export function fixedField(number, value) {
  const bytes = Buffer.alloc(9);
  bytes[0] = (number << 3) | 1;
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
}

/** An attribute of OTLP with a text. */
export const attributeField = (number, name, value) =>
  field(
    number,
    Buffer.concat([field(1, Buffer.from(name)), field(2, field(1, Buffer.from(value)))]),
  );

/** Seconds of processor time that this process takes for some work, the engine's threads included. */
export async function processorTime(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Runs `work` over the items, sixteen at a time, as sixteen senders would. */
export async function sixteenAtATime(items, work) {
  const queue = [...items];
  const one = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 16 }, one));
}

/** A body as a request brings it. */
export async function* piece(body) {
  yield body;
}

/** Whole numbers below n, the same in each run. */
export function seededRandom() {
  let state = 1;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Prints a row of a benchmark, with --json as all of them do. */
export function printer(bench, json) {
  return (row) => {
    const { ours, limit, unit } = row;
    const ratio = limit === null ? null : unit.endsWith("/s") ? limit / ours : ours / limit;
    if (json) {
      const full = { bench, peer: null, peerName: null, ...row, ratio };
      process.stdout.write(`${JSON.stringify(full)}\n`);
      return;
    }
    const beside = limit === null ? "" : ` (raw engine ${round(limit)}, ratio ${ratio.toFixed(2)})`;
    process.stdout.write(`${row.case}: ${round(ours)} ${unit}${beside}\n`);
  };
}
const round = (value) => (value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(2));

/** An option of the command line. */
export function option(name) {
  const place = process.argv.indexOf(name);
  return place < 0 ? undefined : process.argv[place + 1];
}

/** Which parts are run: those after `--only`, joined by commas, or all. Says which there are when one is none. */
export function partsToRun(all) {
  const only = option("--only");
  const parts = only === undefined ? all : only.split(",");
  const wrong = parts.find((part) => !all.includes(part));
  if (wrong === undefined) return new Set(parts);
  process.stderr.write(`--only takes ${all.join(", ")}, not ${wrong}\n`);
  process.exit(2);
}

/** A folder that is gone after the work. */
export async function inFolder(work) {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-bench-"));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

export const silent = { warn() {}, info() {}, error() {}, debug() {} };

/** Opens the store; statements may take ten minutes, which filling on a busy machine needs. */
export const openStore = (dir) =>
  openTelemetry({ dir, log: silent, limits: { statementMs: 600_000 } });

/** What receivers count, and how many lines or spans they have told of. */
export function countedMetrics() {
  const counted = { received: 0, waiting: undefined };
  const add = (_, size) => {
    counted.received += size;
    if (counted.received >= counted.waiting?.size) counted.waiting.resolve();
  };
  return {
    metrics: { dropped() {}, masked() {}, linesReceived: add, spansReceived: add },
    received: () => counted.received,
    /** Resolves when so many have been told of. */
    until: (size) =>
      new Promise((resolve) => {
        counted.waiting = { size, resolve };
        add(undefined, 0);
      }),
  };
}

/**
 * What the engine alone needs for blocks that are encoded already: to store them, and to merge them to
 * one part, by which indexes and projections are made a second time. `variants`: statements that leave
 * something out of the tables, the first nothing; blocks as the engine's `insert` takes them. Answers rows per second of processor time of storing
 * into the tables as they are.
 */
export async function engineCosts(print, { table, rows, blocks, unit, variants }) {
  let limit;
  for (const [name, statements] of Object.entries(variants)) {
    await inFolder(async (dir) => {
      await (await openStore(dir)).close();
      const engine = await openEmbedded(dir, { ...defaultTelemetryLimits, statementMs: 600_000 });
      for (const statement of statements) await engine.execute(statement);
      const ofMerges = "max_bytes_to_merge_at_max_space_in_pool";
      await engine.execute(`ALTER TABLE ${table} MODIFY SETTING ${ofMerges} = 1`);
      const stored = await processorTime(async () => {
        for (const block of blocks) await engine.insert(...block);
      });
      const count = await number(engine, `SELECT count() FROM ${table}`);
      if (count !== rows) throw new Error(`${count} of ${rows} rows are in ${table}`);
      await engine.execute(`ALTER TABLE ${table} RESET SETTING ${ofMerges}`);
      const merging = await processorTime(() => engine.execute(`OPTIMIZE TABLE ${table} FINAL`));
      await engine.close();
      limit ??= rows / stored;
      for (const [part, seconds] of Object.entries({ insert: stored, merge: merging })) {
        const ours = (seconds / rows) * 1e6;
        print({ case: `engine alone, ${name}, ${part}`, unit: `µs a ${unit}`, ours, limit: null });
      }
    });
  }
  return limit;
}

/**
 * A store that is full for questions, and what `fill` said of it. With `--dir` both are kept there, and
 * used again when it has been filled to its end: what broke off is filled anew.
 */
export async function openFilled(name, fill) {
  const kept = option("--dir");
  const dir =
    kept === undefined ? await mkdtemp(join(tmpdir(), "seaworthy-bench-")) : join(kept, name);
  const mark = join(dir, "filled.json");
  let sizes = await readFile(mark, "utf8").then(JSON.parse, () => undefined);
  if (sizes === undefined) await rm(dir, { recursive: true, force: true });
  const telemetry = await openStore(dir);
  if (sizes === undefined) {
    sizes = await fill(telemetry);
    await writeFile(mark, JSON.stringify(sizes));
  }
  const close = async () => {
    await telemetry.close();
    if (kept === undefined) await rm(dir, { recursive: true, force: true });
  };
  return { telemetry, close, sizes };
}

/** A single number of the store. */
export async function number(telemetry, sql) {
  const [block] = await telemetry.select(sql, {}, { timeoutMs: 600_000 });
  return Number([...block.columns.values()][0].data[0]);
}

/** Waits until the engine has merged: what rows are in for good. */
export async function merged(telemetry) {
  const busy = () =>
    number(
      telemetry,
      "SELECT toFloat64(sum(c)) FROM (SELECT count() * 1000000 AS c FROM system.merges UNION ALL SELECT count() AS c FROM system.parts WHERE active AND table IN ('logs', 'spans', 'trace_times'))",
    );
  for (let last = -1; ;) {
    const now = await busy();
    if (now === last && now < 1_000_000) return;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

/**
 * Times our way and the way by hand in turn, so that both meet the same machine, and prints the medians of
 * their wall and of their processor time, the engine's threads included; one round before warms up.
 */
export async function compareTimes(print, name, rounds, ask, byHand) {
  const sides = [ask, byHand].map((work) => ({ work, wall: [], processor: [] }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { work, wall, processor } of sides) {
      if (work === null) continue;
      const started = performance.now();
      const seconds = await processorTime(work);
      if (round === 0) continue;
      wall.push(performance.now() - started);
      processor.push(seconds * 1000);
    }
  }
  const median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? null;
  const [ours, hand] = sides;
  print({ case: name, unit: "ms", ours: median(ours.wall), limit: median(hand.wall) });
  print({
    case: `${name}, processor`,
    unit: "ms",
    ours: median(ours.processor),
    limit: median(hand.processor),
  });
}
