/**
 * OpenTelemetry's own instrumentations, unmodified, with the kit as their provider. Redis is the
 * distribution's; MySQL's server is a fake that speaks its protocol (by mysql2 itself), and of Kafka
 * there is none: a send that fails is a span as well.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { GraphQLInstrumentation } from "@opentelemetry/instrumentation-graphql";
import { IORedisInstrumentation } from "@opentelemetry/instrumentation-ioredis";
import { KafkaJsInstrumentation } from "@opentelemetry/instrumentation-kafkajs";
import { MySQL2Instrumentation } from "@opentelemetry/instrumentation-mysql2";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { instrument } from "../src/opentelemetry.ts";
import { startFastify, type TestApp } from "./apps.ts";
import { Collector, type ReceivedSpan } from "./collector.ts";
import { startMysql } from "./mysql-server.ts";
import { startRedis, type RedisServer } from "./redis-server.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, "x-request-id": "r-1" };
const load = createRequire(import.meta.url);

let collector: Collector;
let app: TestApp;
let redis: RedisServer;
const message: { value: string; key: string; headers?: Record<string, unknown> } = {
  key: "secret-key",
  value: "body",
};
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  collector = await Collector.start();
  redis = await startRedis();
  app = await startFastify({ export: { url: collector.url, key: "test-key" } }, (routes) => {
    routes.get("/buy", () => buy());
    routes.get("/query", () => query());
  });
  const stop = instrument(app.kit, [
    new MySQL2Instrumentation(),
    new IORedisInstrumentation(),
    new KafkaJsInstrumentation(),
    new GraphQLInstrumentation(),
    new UndiciInstrumentation(),
  ]);
  closers.push(stop);

  // Loaded after the instrumentations, which is what they ask for.
  const mysql = load("mysql2") as typeof import("mysql2");
  // BullMQ's, because the instrumentation does not know version 6 yet.
  const { Redis } = createRequire(load.resolve("bullmq"))("ioredis") as typeof import("ioredis5");
  const { Kafka, logLevel } = load("kafkajs") as typeof import("kafkajs");
  const { buildSchema, graphql } = load("graphql") as typeof import("graphql");

  const server = await startMysql(mysql);
  const { port } = server.address() as AddressInfo;
  const pool = mysql.createPool({ host: "127.0.0.1", port, user: "shop" }).promise();
  const client = new Redis({ path: redis.path });
  const producer = new Kafka({ brokers: ["127.0.0.1:1"], logLevel: logLevel.NOTHING }).producer();
  closers.push(
    () => pool.end(),
    () => server.close(),
    () => client.disconnect(),
  );

  async function buy() {
    await pool.query("update stock set secret = ?", ["secret-value"]);
    await pool.query("select * from missing").catch(() => undefined);
    await client.set("secret-key", "secret-value");
    await producer.send({ topic: "orders", messages: [message as never] }).catch(() => undefined);
    return { ok: true };
  }
  const schema = buildSchema("type Query { price(item: Int): Int }");
  const rootValue = {
    price: () =>
      app.kit
        .span("look up", () => Promise.resolve().then(() => app.kit.logger.info("found")))
        .then(() => 7),
  };
  async function query() {
    return app.kit.span("price", async () => {
      const source = "{ price(item: 4711) }";
      const { data } = await graphql({ schema, source, rootValue });
      return data;
    });
  }
});
afterAll(async () => {
  await app.kit.shutdown(5_000);
  for (const close of closers) await close();
  await app.close();
  await redis.stop();
  await collector.close();
  trace.disable();
  context.disable();
  propagation.disable();
});
beforeEach(() => {
  collector.spans.length = 0;
  collector.logs.length = 0;
});

const named = (name: string | RegExp): ReceivedSpan[] =>
  collector.spans.filter((span) =>
    typeof name === "string" ? span.name === name : name.test(span.name),
  );

test("mysql2, ioredis and kafkajs: spans of the request, sent by the kit, each once", async () => {
  const response = await fetch(`${app.url}/buy`, { headers });
  expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
  await collector.until(() => named("GET /buy").length > 0);
  const [server] = named("GET /buy");
  expect(server).toMatchObject({ traceId, parentSpanId: "00f067aa0ba902b7" });
  const below = collector.spans.filter(({ parentSpanId }) => parentSpanId === server?.spanId);
  expect(below.map(({ name, kind, status }) => [name, kind, status["code"]])).toEqual([
    ["update", 3, undefined],
    ["select", 3, 2],
    ["set", 3, undefined],
    ["send orders", 4, 2],
  ]);
  // Beside them there is only that Redis was connected to, which no request asked for.
  expect(collector.spans.filter((span) => span.traceId === traceId)).toHaveLength(5);
  // The broker's side is told of the span that sends.
  expect(String(message.headers?.["traceparent"])).toBe(`00-${traceId}-${below[3]?.spanId}-01`);
  expect(JSON.stringify(below.map(({ attributes }) => attributes))).not.toMatch(/secret|missing/);
});

test("graphql: its spans lie below the kit's, and the kit's below them", async () => {
  expect(await (await fetch(`${app.url}/query`, { headers })).json()).toEqual({ price: 7 });
  await collector.until(() => named("GET /query").length > 0 && collector.logs.length > 1);
  const [[server], [price], [execute], [inner]] = [
    named("GET /query"),
    named("price"),
    named(/^query|graphql\.execute/),
    named("look up"),
  ];
  expect(price?.parentSpanId).toBe(server?.spanId);
  expect(execute?.parentSpanId).toBe(price?.spanId);
  const resolve = collector.spans.find(({ spanId }) => spanId === inner?.parentSpanId);
  expect(resolve?.name).toMatch(/^graphql\./);
  const found = collector.logs.find(({ body }) => body === "found");
  expect(found).toMatchObject({ traceId, attributes: { requestId: "r-1" } });
  expect(JSON.stringify(collector.spans.map(({ attributes }) => attributes))).not.toContain("4711");
});

test("what another process asked for by a message is a trace that goes on here", async () => {
  const tracer = trace.getTracer("consumer");
  const above = propagation.extract(ROOT_CONTEXT, headers);
  await context.with(above, () =>
    tracer.startActiveSpan("process order", { kind: SpanKind.CONSUMER }, async (span) => {
      await app.kit.span("pack", () => Promise.resolve());
      span.setAttribute("list", ["a", "b"]).addEvent("ignored").recordException(new Error("no"));
      span.setStatus({ code: SpanStatusCode.ERROR }).end();
      span.end();
    }),
  );
  await collector.until(() => named("process order").length > 0);
  const [span] = named("process order");
  expect(span).toMatchObject({ traceId, parentSpanId: "00f067aa0ba902b7", kind: 5 });
  expect([span?.status, span?.attributes]).toEqual([
    { code: 2, message: "no" },
    { list: '["a","b"]' },
  ]);
  expect(named("pack")[0]?.parentSpanId).toBe(span?.spanId);
  expect(collector.spans).toHaveLength(2);
});

test("outside of everything there is no active span, and a bound function keeps its context", () => {
  expect(trace.getActiveSpan()).toBeUndefined();
  const tracer = trace.getTracer("any");
  const span = tracer.startSpan("work");
  const bound = context.bind(trace.setSpan(context.active(), span), () => trace.getActiveSpan());
  expect(bound()).toBe(span);
  expect(trace.getActiveSpan()).toBeUndefined();
});

test("which graphql is known is what the documentation says", async () => {
  const known = [new GraphQLInstrumentation().getModuleDefinitions()].flat();
  expect(known.flatMap(({ supportedVersions }) => supportedVersions)).toEqual([">=14.0.0 <17"]);
  const documentation = await readFile(new URL("../../../docs/sdk.md", import.meta.url), "utf8");
  expect(documentation).toContain("instrumentation of `graphql` knows versions 14 to 16");
});
