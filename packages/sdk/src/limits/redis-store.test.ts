import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, expect, test } from "vitest";
import { spawnProgram } from "../../../server/test/program.ts";
import { startRedis } from "../../test/redis-server.ts";
import { RateLimits } from "./rate-limits.ts";
import { RedisStore } from "./redis-store.ts";

const server = await startRedis();
const client = new Redis({
  path: server.path,
  retryStrategy: () => 20,
  // As the documentation says: what cannot be counted now is not to be counted later.
  enableOfflineQueue: false,
});
client.on("error", () => {});
await new Promise<void>((resolve) => client.once("ready", resolve));
afterAll(async () => {
  client.disconnect();
  await server.stop();
});
const store = new RedisStore(client);

/** Four processes, with clocks of their own; two clients keep commands while Redis is away. */
const worker = new URL("../../test/programs/limit-worker.ts", import.meta.url);
const workers = [
  ["0", "no"],
  ["3600000", "queue"],
  ["-3600000", "no"],
  ["86400000", "queue"],
].map((args) => spawnProgram(worker, [server.path, ...args]));
afterAll(() => Promise.all(workers.map((each) => each.kill())));
for (const each of workers) expect(await each.nextLine()).toBe('"ready"');

interface Answer {
  readonly counts: Readonly<Record<string, number>>;
  readonly asked: number;
}

/** Tells all of them to do something, and waits for what they answer. */
function each<T>(line: string, some = workers): Promise<T[]> {
  for (const { child } of some) child.stdin?.write(`${line}\n`);
  return Promise.all(some.map(async (program) => JSON.parse(await program.nextLine()) as T));
}

const sumOf = (answers: readonly Answer[], outcome: string) =>
  answers.reduce((sum, { counts }) => sum + (counts[outcome] ?? 0), 0);

test("four processes count as one, exactly, whatever their clocks say and where they jump", async () => {
  const before = await each<Answer>("burst open shared 50");
  expect(sumOf(before, "open 200")).toBe(200);
  for (const [at, jump] of [3_600_000, -3_600_000, 7_200_000, -172_800_000].entries())
    await each(`jump ${jump}`, workers.slice(at, at + 1));
  const after = await each<Answer>("burst open shared 150");
  expect([sumOf(after, "open 200"), sumOf(after, "open 429")]).toEqual([133, 467]);
});

test("node-redis counts with ioredis", async () => {
  const node = createClient({ socket: { path: server.path, reconnectStrategy: false } });
  await node.connect();
  const other = new RedisStore(node);
  expect(await store.take("both", 2, 60_000)).toMatchObject({ allowed: true, remaining: 1 });
  expect(await other.take("both", 2, 60_000)).toMatchObject({ allowed: true, remaining: 0 });
  expect(await store.take("both", 2, 60_000)).toMatchObject({ allowed: false, remaining: 0 });
  node.destroy();
  expect(() => new RedisStore({} as never)).toThrow("ioredis or of redis");
});

/** What the key holds, as milliseconds before the clock of Redis. */
async function ages(key: string): Promise<number[]> {
  const [seconds = 0, micros = 0] = (await client.time()).map(Number);
  const now = seconds * 1000 + Math.floor(micros / 1000);
  return (await client.lrange(`seaworthy:limit:${key}`, 0, -1)).map((time) => now - Number(time));
}

/** Writes requests into the log that were counted so many milliseconds ago. */
async function counted(key: string, agesMs: readonly number[]): Promise<void> {
  const [seconds = 0, micros = 0] = (await client.time()).map(Number);
  const now = seconds * 1000 + Math.floor(micros / 1000);
  await client.rpush(`seaworthy:limit:${key}`, ...agesMs.map((age) => now - age));
}

test("the window slides: what leaves it makes room, one by one", async () => {
  await counted("slide", [70_000, 60_001, 50_000, 10_000]);
  const taken = await store.take("slide", 3, 60_000);
  expect(taken).toMatchObject({ allowed: true, remaining: 0 });
  expect(taken.resetMs).toBeGreaterThan(0);
  expect(taken.resetMs).toBeLessThanOrEqual(10_000);
  const refused = await store.take("slide", 3, 60_000);
  expect(refused.allowed).toBe(false);
  // A refused request is not counted, and the key does not outlive its window.
  expect(await ages("slide")).toHaveLength(3);
  expect(await client.pttl("seaworthy:limit:slide")).toBeLessThanOrEqual(60_000);
});

test("when the clock of Redis goes back, nobody waits for longer than the window", async () => {
  const hour = 3_600_000;
  await counted("back", [-hour + 30_000, -hour + 1_000, -hour]);
  const taken = await store.take("back", 3, 60_000);
  expect(taken.allowed).toBe(false);
  expect(taken.resetMs).toBeLessThanOrEqual(60_000);
  const moved = await ages("back");
  for (const [index, age] of [30_000, 1_000, 0].entries()) {
    expect(moved[index]).toBeGreaterThanOrEqual(age);
    expect(moved[index]).toBeLessThan(age + 10_000);
  }
  expect(await client.pttl("seaworthy:limit:back")).toBeGreaterThan(0);
});

test("when the clock of Redis leaps ahead, the window is empty", async () => {
  await counted("ahead", [3_600_000, 3_599_000]);
  expect(await store.take("ahead", 2, 60_000)).toMatchObject({ allowed: true, remaining: 1 });
  expect(await ages("ahead")).toHaveLength(1);
});

test("Redis killed: each tier as it says; and back: counting again", async () => {
  const counts: string[] = [];
  const warned: string[] = [];
  const limits = new RateLimits({
    store,
    storePauseMs: 0,
    // A busy machine is not a Redis that is gone.
    storeTimeoutMs: 10_000,
    tiers: { near: { limit: 1, windowSeconds: 60, onStoreFailure: "local" } },
    kit: {
      counter: (_name, labels) => ({ add: () => void counts.push(String(labels?.["outcome"])) }),
      logger: { warn: (_: unknown, message: string) => warned.push(message) } as never,
    },
  });
  const status = async (tier: string) => (await limits.take(tier, "me")).refusal?.status ?? 200;
  expect(await status("auth")).toBe(200);
  const lost = new Promise<void>((resolve) => client.once("close", resolve));
  await server.kill();
  await lost;
  expect(await status("standard")).toBe(200);
  expect(await status("auth")).toBe(503);
  expect(await status("near")).toBe(200);
  expect(await status("near")).toBe(429);
  expect(warned).toHaveLength(1);
  expect(new Set(counts)).toEqual(new Set(["allowed", "store_failed"]));
  const back = new Promise<void>((resolve) => client.once("ready", resolve));
  await server.start();
  await back;
  // Redis has forgotten the counts and the script.
  for (let index = 0; index < 10; index += 1) expect(await status("auth")).toBe(200);
  expect(await status("auth")).toBe(429);
});

test("Redis killed under four processes and back: no request fails, nobody storms, counts are exact", async () => {
  await each("flow");
  await server.kill();
  await each("away");
  // Those who come now do not ask: one of them at most tries whether Redis is back.
  for (const [tier, status] of [
    ["open", 200],
    ["closed", 503],
  ] as const) {
    const answers = await each<Answer>(`burst ${tier} during 200`);
    for (const { counts, asked } of answers) {
      expect(counts).toEqual({ [`${tier} ${status}`]: 200 });
      expect(asked).toBeLessThanOrEqual(1);
    }
  }
  const ready = new Promise<void>((resolve) => client.once("ready", resolve));
  await server.start();
  await ready;
  await each("back");
  for (const tier of ["open", "closed"]) {
    const answers = await each<Answer>(`burst ${tier} again 100`);
    expect(sumOf(answers, `${tier} 200`)).toBe(333);
    expect(sumOf(answers, `${tier} 429`)).toBe(67);
  }
  // Each process connected once, the test's own client, and who looked whether the server is up.
  const connections = /total_connections_received:(\d+)/.exec(await client.info("stats"))?.[1];
  expect(Number(connections)).toBeLessThanOrEqual(workers.length + 2);
  for (const flow of await each<Answer["counts"]>("stop"))
    for (const [outcome, count] of Object.entries(flow))
      expect([outcome, count]).toEqual([
        expect.stringMatching(/^(open (200|429)|closed (200|429|503))$/),
        expect.any(Number),
      ]);
});
