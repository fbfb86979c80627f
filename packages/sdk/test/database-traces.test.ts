/** The databases' clients as they are in use, on the distribution's Redis and on PostgreSQL. */
import { Redis as Redis6 } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import pg from "pg";
import { createClient } from "redis";
import { createClient as createClient4 } from "redis4";
import { createClient as createClient5 } from "redis5";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { createKit, type Kit } from "../src/index.ts";
import { Collector } from "./collector.ts";
import { LogLines } from "./log-lines.ts";
import { startRedis, type RedisServer } from "./redis-server.ts";

/** What all clients can do, in the words of this test. */
interface Client {
  readonly own: Parameters<Kit["traceRedis"]>[0];
  set(key: string, value: string): Promise<unknown>;
  /** A command that Redis refuses: the key holds something else. */
  wrong(key: string): Promise<unknown>;
  /** One that Redis does not know, in whose refusal it repeats what was sent. */
  unknown(value: string): Promise<unknown>;
  /** Two commands at once. */
  together(key: string): Promise<unknown>;
  close(): unknown;
}

function ioredis(client: Redis6 | Redis5): Client {
  return {
    own: client,
    set: (key, value) => client.set(key, value),
    wrong: (key) => client.lpush(key, "x"),
    unknown: (value) => client.call("nosuch", value),
    together: (key) => client.multi().get(key).del(key).exec(),
    close: () => client.disconnect(),
  };
}

let redis: RedisServer;
let collector: Collector;
let kit: Kit;
let client: Client | undefined;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(async () => {
  await kit.shutdown();
  await client?.close();
  await collector.close();
});

const clients: readonly (readonly [
  name: string,
  transaction: string,
  make: () => Promise<Client>,
])[] = [
  ["ioredis 6", "DEL", async () => ioredis(new Redis6({ path: redis.path }))],
  ["ioredis 5", "DEL", async () => ioredis(new Redis5({ path: redis.path }))],
  ...[createClient, createClient5 as unknown as typeof createClient].map(
    (create, at) =>
      [
        `redis ${6 - at}`,
        "MULTI",
        async (): Promise<Client> => {
          const it = create({ socket: { path: redis.path, tls: false } });
          await it.connect();
          return {
            own: it,
            set: (key, value) => it.set(key, value),
            wrong: (key) => it.lPush(key, "x"),
            unknown: (value) => it.sendCommand(["nosuch", value]),
            together: (key) => it.multi().get(key).del(key).exec(),
            close: () => it.destroy(),
          };
        },
      ] as const,
  ),
  [
    "redis 4",
    "MULTI",
    async () => {
      const it = createClient4({ socket: { path: redis.path } });
      await it.connect();
      return {
        own: it,
        set: (key, value) => it.set(key, value),
        wrong: (key) => it.lPush(key, "x"),
        unknown: (value) => it.sendCommand(["nosuch", value]),
        together: (key) => it.multi().get(key).del(key).exec(),
        close: () => it.disconnect(),
      };
    },
  ],
];

test.each(clients)(
  "%s: commands are spans of their request, without what they carry",
  async (_name, transaction, make) => {
    collector = await Collector.start();
    client = await make();
    kit = createKit({
      export: { url: collector.url, key: "test-key" },
      logs: { destination: new LogLines() },
    });
    // Told as well, which must not make two spans of one.
    kit.traceRedis(client.own);
    const it = client;
    await it.set("outside", "of-requests");
    await kit.span("work", async () => {
      await it.set("secret-key", "secret-value");
      await expect(it.wrong("secret-key")).rejects.toThrow("WRONGTYPE");
      await expect(it.unknown("secret-value")).rejects.toThrow("unknown command");
      await it.together("secret-key");
    });
    await kit.shutdown(5_000);
    const work = collector.spans.find(({ name }) => name === "work");
    const below = collector.spans.filter(({ parentSpanId }) => parentSpanId === work?.spanId);
    const named = (name: string) => below.filter((span) => span.name === name);
    expect(named("SET")).toMatchObject([
      {
        kind: 3,
        traceId: work?.traceId,
        attributes: { "db.system.name": "redis", "db.operation.name": "SET" },
        status: {},
      },
    ]);
    expect(named("LPUSH")).toMatchObject([{ status: { code: 2, message: "WRONGTYPE" } }]);
    expect(named("NOSUCH")).toMatchObject([{ status: { code: 2, message: "ERR" } }]);
    expect(named(transaction)).toHaveLength(1);
    expect(collector.spans.filter(({ name }) => name === "SET")).toHaveLength(1);
    expect(
      below
        .map(({ name, attributes, status }) => JSON.stringify([name, attributes, status]))
        .join(),
    ).not.toContain("secret");
  },
);

test("pg: the queries of pools and clients are spans, without anything being told", async () => {
  collector = await Collector.start();
  client = undefined;
  kit = createKit({
    export: { url: collector.url, key: "test-key" },
    logs: { destination: new LogLines() },
  });
  const pool = new pg.Pool({
    host: inject("postgresSocket"),
    user: "seaworthy",
    database: "postgres",
  });
  try {
    await kit.span("work", async () => {
      await pool.query("select $1::text", ["secret-value"]);
    });
  } finally {
    await pool.end();
  }
  await kit.shutdown(5_000);
  const work = collector.spans.find(({ name }) => name === "work");
  const below = collector.spans.filter(({ parentSpanId }) => parentSpanId === work?.spanId);
  expect(below.map(({ name }) => name)).toEqual(["SELECT"]);
});
