/** Workers as their users write them, on the distribution's Redis and on PostgreSQL. */
import { once } from "node:events";
import { DelayedError, Queue, Worker, type Job } from "bullmq";
import PgBoss from "pg-boss";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { createKit, type Kit } from "../src/index.ts";
import { watchBacklog, watchBossHandler, watchProcessor } from "../src/queues.ts";
import { Collector } from "./collector.ts";
import { Exposition } from "./exposition.ts";
import { LogLines } from "./log-lines.ts";
import { startRedis } from "./redis-server.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

let collector: Collector;
let kit: Kit;
beforeEach(async () => {
  collector = await Collector.start();
  kit = createKit({
    export: { url: collector.url, key: "test-key" },
    logs: { destination: new LogLines() },
  });
});
afterEach(() => collector.close());

const read = async () => new Exposition(await kit.registry.metrics());

test("BullMQ: jobs are counted, timed and traced, and the backlog is told", async () => {
  const redis = await startRedis();
  const connection = { path: redis.path };
  const queue = new Queue("mail", { connection });
  watchBacklog(kit, queue);
  await queue.add("welcome", { traceparent });
  await queue.add("bad", {});
  expect((await read()).value("queue_size", { queue: "mail" })).toBe(2);
  const seen: unknown[] = [];
  const worker = new Worker(
    "mail",
    watchProcessor(kit, async (job) => {
      if (job.name === "bad") throw new RangeError("no such address");
      seen.push(kit.traceParent?.split("-")[1]);
    }),
    { connection },
  );
  try {
    await once(worker, "drained");
    await kit.shutdown(5_000);
    const metrics = await read();
    expect(seen).toEqual([traceId]);
    expect(metrics.value("jobs_total", { queue: "mail", outcome: "ok" })).toBe(1);
    expect(metrics.value("jobs_total", { queue: "mail", outcome: "error" })).toBe(1);
    expect(metrics.value("job_duration_seconds_count", { queue: "mail", outcome: "ok" })).toBe(1);
    expect(metrics.value("jobs_added_total", { queue: "mail" })).toBe(2);
    expect(metrics.value("jobs_active", { queue: "mail" })).toBe(0);
    expect(metrics.value("queue_size", { queue: "mail" })).toBe(0);
    expect(metrics.value("errors_total", { type: "RangeError" })).toBe(1);
    const [first] = collector.spans.filter((span) => span.traceId === traceId);
    expect(first).toMatchObject({
      name: "process mail",
      kind: 5,
      parentSpanId: "00f067aa0ba902b7",
    });
    const event = collector.logs.find(({ eventName }) => eventName === "exception");
    expect(event?.attributes).toMatchObject({ "tag.queue": "mail", "error.handled": false });
  } finally {
    await worker.close();
    await queue.close();
    await redis.stop();
  }
});

test("BullMQ: a job that says that it goes on later has not failed, and gets its signal", async () => {
  const redis = await startRedis();
  const connection = { path: redis.path };
  const queue = new Queue("later", { connection });
  await queue.add("first", {});
  await queue.add("limited", {});
  const signals: unknown[] = [];
  const worker = new Worker(
    "later",
    watchProcessor(kit, async (job: Job, token?: string, signal?: AbortSignal) => {
      signals.push(signal);
      if (signals.length > 2) return;
      if (job.name === "limited") {
        await worker.rateLimit(20);
        throw Worker.RateLimitError();
      }
      await job.moveToDelayed(Date.now() + 20, token);
      throw new DelayedError();
    }),
    { connection },
  );
  try {
    for (let done = 0; done < 2; done += 1) await once(worker, "completed");
    await kit.shutdown(5_000);
    const metrics = await read();
    const jobs = (outcome: string) => metrics.value("jobs_total", { queue: "later", outcome });
    expect([jobs("ok"), jobs("error"), jobs("postponed")]).toEqual([2, 0, 2]);
    expect(metrics.value("jobs_active", { queue: "later" })).toBe(0);
    expect(signals).toHaveLength(4);
    expect(signals.every((signal) => signal instanceof AbortSignal)).toBe(true);
    expect(collector.logs.filter(({ eventName }) => eventName === "exception")).toEqual([]);
  } finally {
    await worker.close();
    await queue.close();
    await redis.stop();
  }
});

test("pg-boss: the same", async () => {
  const boss = new PgBoss({
    host: inject("postgresSocket"),
    user: "seaworthy",
    database: "postgres",
    schema: `boss_${process.pid}`,
    supervise: false,
    schedule: false,
  });
  try {
    await boss.start();
    await boss.createQueue("mail");
    const handler = watchBossHandler(kit, boss, "mail", async (jobs) => jobs.length);
    await boss.send("mail", { traceparent });
    expect((await read()).value("queue_size", { queue: "mail" })).toBe(1);
    expect(await handler(await boss.fetch("mail"))).toBe(1);
    await kit.shutdown(5_000);
    expect((await read()).value("jobs_total", { queue: "mail", outcome: "ok" })).toBe(1);
    expect(collector.spans).toMatchObject([{ name: "process mail", kind: 5, traceId }]);
  } finally {
    await boss.stop({ graceful: false });
  }
});

// It wants Node 22; see what is said about versions in docs/sdk.md.
test("the backlog of pg-boss 12, which tells it in another way", async () => {
  const boss = { getQueueStats: (name: string) => Promise.resolve({ name, queuedCount: 7 }) };
  watchBossHandler(kit, boss, "mail", async () => {});
  expect((await read()).value("queue_size", { queue: "mail" })).toBe(7);
  await kit.shutdown(5_000);
});

test("a backlog that cannot be told is absent and counted, and queues are bounded", async () => {
  kit.backlog("gone", () => Promise.reject(new Error("no connection")));
  kit.backlog("well", () => 3);
  for (let index = 0; index < 200; index += 1) await kit.job(`q${index}`, async () => {});
  const metrics = await read();
  expect(metrics.labelValues("queue_size", "queue")).toEqual(new Set(["well"]));
  expect(metrics.labelValues("jobs_total", "queue").size).toBe(101);
  expect(metrics.value("jobs_total", { queue: "overflow", outcome: "ok" })).toBe(102);
  await kit.shutdown(5_000);
});
