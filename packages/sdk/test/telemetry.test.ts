/** What leaves a service: traces, log records and errors, as a collector gets them. */
import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { context, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { pino } from "pino";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { createKit, type KitOptions } from "../src/index.ts";
import { startExpress5, startFastify, type TestApp } from "./apps.ts";
import { Collector } from "./collector.ts";
import { Exposition } from "./exposition.ts";
import { scrape } from "./exposition.ts";
import { LogLines } from "./log-lines.ts";

let collector: Collector;
const apps: TestApp[] = [];
beforeEach(async () => {
  collector = await Collector.start();
});
afterEach(async () => {
  for (const app of apps.splice(0)) {
    await app.kit.shutdown();
    await app.close();
  }
  await collector.close();
});

/** Starts the Fastify service with more routes. */
async function start(
  options: KitOptions = {},
  more?: (routes: FastifyInstance) => void,
): Promise<TestApp> {
  const app = await startFastify({ export: target(), ...options }, more);
  apps.push(app);
  return app;
}

const target = () => ({ url: collector.url, key: "test-key" });

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentId = "00f067aa0ba902b7";
const traceparent = `00-${traceId}-${parentId}-01`;

test("continues the caller's trace, and passes it on to whom it calls", async () => {
  const called = await startExpress5({ export: target(), service: "called" });
  apps.push(called);
  const caller = await start({ service: "caller" }, (routes) =>
    routes.get("/call", async () => {
      const response = await fetch(`${called.url}/items/1?secret=x`);
      return { status: response.status };
    }),
  );
  await (await fetch(`${caller.url}/call`, { headers: { traceparent } })).text();
  await collector.until(() => collector.spans.length >= 3);
  const named = (name: string) => collector.spans.find((span) => span.name === name);
  const [server, client, below] = [named("GET /call"), named("GET"), named("GET /items/:id")];
  expect(server).toMatchObject({ traceId, parentSpanId: parentId, kind: 2, status: {} });
  expect(client).toMatchObject({ traceId, parentSpanId: server?.spanId, kind: 3 });
  expect(client?.attributes).toMatchObject({
    "http.request.method": "GET",
    "url.full": `${called.url}/items/1`,
    "http.response.status_code": 200,
  });
  expect(below).toMatchObject({ traceId, parentSpanId: client?.spanId });
  expect(below?.attributes).toEqual({
    "http.request.method": "GET",
    "http.route": "/items/:id",
    "http.response.status_code": 200,
    "url.path": "/items/1",
  });
  expect(collector.resources.map((resource) => resource["service.name"])).toContain("called");
});

test("passes on what other vendors say of the caller's trace, by each client, as it came", async () => {
  const called = createServer((request, response) => {
    const { traceparent: trace = "", tracestate } = request.headers;
    response.end(JSON.stringify([String(trace).slice(3, 35), tracestate ?? null]));
  }).listen(0, "127.0.0.1");
  await once(called, "listening");
  onTestFinished(() => void called.close());
  const url = `http://127.0.0.1:${(called.address() as AddressInfo).port}/`;
  const byNode = async (headers = {}) => {
    const [response] = (await once(get(url, { headers }), "response")) as [IncomingMessage];
    return JSON.parse(await text(response)) as unknown;
  };
  const own = { tracestate: "own=1" };
  const app = await start({}, (routes) =>
    routes.get("/call", async () => [
      await (await fetch(url)).json(),
      await byNode(),
      await (await fetch(url, { headers: own })).json(),
      await byNode(own),
    ]),
  );
  const call = async (headers = {}) => (await fetch(`${app.url}/call`, { headers })).json();
  const tracestate = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE";
  const [passed, given] = [
    [traceId, tracestate],
    [traceId, "own=1"],
  ];
  expect(await call({ traceparent, tracestate })).toEqual([passed, passed, given, given]);
  // It belongs to a trace, and without one says nothing.
  const states = async (headers: object) =>
    ((await call(headers)) as [string, string | null][]).map(([, state]) => state);
  expect(await states({ tracestate })).toEqual([null, null, "own=1", "own=1"]);
  const long = `a=${"x".repeat(600)}`;
  expect(await states({ traceparent, tracestate: long })).toEqual([null, null, "own=1", "own=1"]);
});

test("keeps failed and slow traces when the ordinary ones of the second are used up", async () => {
  const app: TestApp = await start({ traces: { perSecond: 1, slowMs: 50 } }, (routes) =>
    routes.get("/slow", async () => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return {};
    }),
  );
  for (let index = 0; index < 40; index += 1) await (await fetch(`${app.url}/items/1`)).text();
  await (await fetch(`${app.url}/slow`)).text();
  await (await fetch(`${app.url}/fail`)).text();
  await app.logs.find((line) => line["url"] === "/fail" && "statusCode" in line);
  await app.kit.shutdown(5_000);
  const names = collector.spans.map((span) => span.name);
  expect(names).toContain("GET /slow");
  expect(names).toContain("GET /fail");
  expect(collector.spans.find((span) => span.name === "GET /fail")?.status).toEqual({
    code: 2,
    message: "the card was refused",
  });
  // One a second; forty requests do not take ten.
  expect(names.filter((name) => name === "GET /items/:id").length).toBeLessThan(10);
});

test("keeps failed traces without ordinary ones, and whatever callers mark as sampled", async () => {
  for (const [perSecond, sampled] of [
    [0, "00"],
    [10, "01"],
  ] as const) {
    const app: TestApp = await start({ traces: { perSecond } });
    const traceparent = (id: number) =>
      `00-4bf92f3577b34da6a3ce929d0e0e${String(4_000 + id)}-00f067aa0ba902b7-${sampled}`;
    const get = async (path: string, id: number) =>
      (await fetch(`${app.url}${path}`, { headers: { traceparent: traceparent(id) } })).text();
    for (let id = 0; id < 130; id += 1) await get("/items/1", id);
    await get("/fail", 200);
    await app.logs.find((line) => line["url"] === "/fail" && "statusCode" in line);
    await app.kit.shutdown(5_000);
    const failed = collector.spans.filter((span) => span.name === "GET /fail");
    expect([perSecond, failed.length]).toEqual([perSecond, perSecond === 0 ? 1 : 2]);
  }
});

test("a failed trace of many spans keeps what failed and what others are below", async () => {
  const app: TestApp = await start({}, (routes) =>
    routes.get("/many", () =>
      app.kit.span("around", async () => {
        for (let index = 0; index < 300; index += 1)
          await app.kit.span(`part ${index}`, async () => {});
        await app.kit.span("failing", () => Promise.reject(new Error("no")));
      }),
    ),
  );
  await (await fetch(`${app.url}/many`)).text();
  await app.logs.find((line) => line["url"] === "/many" && "statusCode" in line);
  await app.kit.shutdown(5_000);
  const names = collector.spans.map((span) => span.name);
  expect(names).toHaveLength(201);
  expect(names).toEqual(expect.arrayContaining(["GET /many", "around", "failing", "part 0"]));
  const dropped = { signal: "traces", reason: "trace_full" };
  const metrics = new Exposition(await app.kit.registry.metrics());
  expect(metrics.value("seaworthy_sdk_dropped_total", dropped)).toBe(102);
});

test("spans of one's own nest, and carry the trace into logs", async () => {
  const app: TestApp = await start({}, (routes) =>
    routes.get("/own", () =>
      app.kit.span(
        "outer",
        async (span) => {
          span.set("step", 1);
          await app.kit.span("inner", () => Promise.reject(new Error("no"))).catch(() => {});
          app.kit.logger.info("inside");
          return { traceparent: app.kit.traceParent };
        },
        { attributes: { kind: "test" } },
      ),
    ),
  );
  const answer = (await (await fetch(`${app.url}/own`, { headers: { traceparent } })).json()) as {
    traceparent: string;
  };
  await collector.until(() => collector.spans.length >= 3 && collector.logs.length >= 2);
  const named = (name: string) => collector.spans.find((span) => span.name === name);
  expect(named("outer")?.parentSpanId).toBe(named("GET /own")?.spanId);
  expect(named("outer")?.attributes).toEqual({ kind: "test", step: 1 });
  expect(named("inner")).toMatchObject({
    parentSpanId: named("outer")?.spanId,
    status: { code: 2, message: "no" },
  });
  expect(answer.traceparent).toBe(`00-${traceId}-${named("outer")?.spanId}-01`);
  const line = await app.logs.find(({ message }) => message === "inside");
  expect(line["traceId"]).toBe(traceId);
  expect(collector.logs.find(({ body }) => body === "inside")?.traceId).toBe(traceId);
});

test("work that no request asked for is a trace of its own", async () => {
  const kit = createKit({
    export: { url: collector.url, key: "test-key" },
    logs: { destination: new LogLines() },
  });
  expect(kit.span("job", () => kit.requestId ?? "none")).toBe("none");
  const failure = new Error("broken");
  expect(() =>
    kit.span("job", () => {
      throw failure;
    }),
  ).toThrow(failure);
  await kit.shutdown(5_000);
  expect(collector.spans.map(({ name, kind }) => [name, kind])).toEqual([
    ["job", 1],
    ["job", 1],
  ]);
});

test("an error is sent with its request, user, tags, breadcrumbs and causes", async () => {
  const app: TestApp = await start({}, (routes) =>
    routes.get("/buy", () => {
      app.kit.setUser({ id: 7, email: "ada@example.com" });
      app.kit.setTag("plan", "pro");
      app.kit.addBreadcrumb({ category: "cart", message: "added", data: { item: 1 } });
      throw new RangeError("too far", { cause: new Error("the reason") });
    }),
  );
  app.kit.setTag("region", "eu");
  await (await fetch(`${app.url}/buy`, { headers: { traceparent, "x-request-id": "r-1" } })).text();
  // Another request knows nothing of that user.
  await (await fetch(`${app.url}/fail`, { headers: { "x-request-id": "r-2" } })).text();
  const events = () => collector.logs.filter((record) => record.eventName === "exception");
  await collector.until(() => events().length >= 2);
  const [first, second] = ["r-1", "r-2"].map((id) =>
    events().find(({ attributes }) => attributes["requestId"] === id),
  );
  expect(first).toMatchObject({ severityText: "ERROR", body: "RangeError: too far", traceId });
  expect(first?.attributes).toMatchObject({
    "exception.type": "RangeError",
    "exception.message": "too far",
    "error.handled": false,
    "user.id": "7",
    "user.email": "ada@example.com",
    "tag.plan": "pro",
    "tag.region": "eu",
  });
  expect(first?.attributes["exception.stacktrace"]).toMatch(
    /^RangeError: too far\n.*\nCaused by: Error: the reason/s,
  );
  expect(JSON.parse(String(first?.attributes["breadcrumbs"]))).toMatchObject([
    { category: "cart", message: "added", data: { item: 1 } },
  ]);
  expect(second?.attributes).not.toHaveProperty("user.id");
  expect(second?.attributes).toMatchObject({
    "exception.type": "PaymentError",
    "tag.region": "eu",
  });
});

test("captured errors need be nothing in particular", async () => {
  const kit = createKit({
    export: { url: collector.url, key: "test-key" },
    logs: { destination: new LogLines() },
  });
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  for (const odd of [
    "text",
    null,
    undefined,
    7,
    circular,
    Object.assign(new Error("x"), { stack: 1 }),
  ])
    kit.captureException(odd, { level: "warning", tags: { a: 1 } });
  await kit.shutdown(5_000);
  const events = collector.logs.filter((record) => record.eventName === "exception");
  expect(events).toHaveLength(6);
  expect(events[0]).toMatchObject({ severityText: "WARN", body: "string: text" });
});

test("a logger that is joined keeps its form, gains the context, and is sent", async () => {
  const lines = new LogLines();
  const logger = pino({ base: null, mixin: () => ({ mine: 1 }) }, lines);
  const app: TestApp = await start({ logs: { logger } }, (routes) =>
    routes.get("/log", () => {
      logger.child({ part: "cart" }).warn("careful");
      return {};
    }),
  );
  await (await fetch(`${app.url}/log`, { headers: { "x-request-id": "r-1", traceparent } })).text();
  expect(await lines.find(({ msg }) => msg === "careful")).toMatchObject({
    level: 40,
    mine: 1,
    part: "cart",
    requestId: "r-1",
    traceId,
  });
  await collector.until(() => collector.logs.some(({ body }) => body === "careful"));
});

test("joins the OpenTelemetry that the application has", async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  try {
    const app = await start({}, (routes) =>
      routes.get("/joined/:id", () => {
        trace.getTracer("theirs").startSpan("inner").end();
        return { traceId: trace.getActiveSpan()?.spanContext().traceId };
      }),
    );
    const headers = { traceparent, "x-request-id": "r-1" };
    const body = await (await fetch(`${app.url}/joined/1`, { headers })).json();
    expect(body).toEqual({ traceId });
    expect((await app.logs.request("r-1"))["traceId"]).toBe(traceId);
    const [inner, server] = exporter.getFinishedSpans();
    expect(server).toMatchObject({ name: "GET /joined/:id", kind: 1 });
    expect(server?.parentSpanContext?.spanId).toBe(parentId);
    expect(inner?.parentSpanContext?.spanId).toBe(server?.spanContext().spanId);
    await app.kit.shutdown(5_000);
    expect(collector.spans).toEqual([]);
  } finally {
    await provider.shutdown();
    trace.disable();
    context.disable();
  }
});

const misbehaviours: [string, Parameters<Collector["behave"]>[0]][] = [
  ["absent", undefined],
  ["hanging", () => {}],
  ["refusing", (response) => void response.writeHead(403).end()],
  ["answering garbage", (response) => void response.socket?.end("\0\0 HTTP/9 what? {{{")],
  ["answering byte by byte", (response) => void response.socket?.write("H")],
];

test.each(misbehaviours)("Seaworthy %s costs the service nothing but counts", async (...given) => {
  const [, behaviour] = given;
  if (behaviour !== undefined) collector.behave(behaviour);
  const url = behaviour === undefined ? "http://127.0.0.1:1" : collector.url;
  const app = await start({ export: { url, key: "test-key" } });
  for (let index = 0; index < 200; index += 1) {
    const response = await fetch(`${app.url}/items/1`);
    expect(response.status).toBe(200);
    await response.text();
  }
  await app.kit.shutdown(50);
  const metrics = await scrape(app.url);
  expect(metrics.value("seaworthy_sdk_exported_total", { signal: "logs" })).toBe(0);
  const dropped = ["undeliverable", "refused", "shutdown"].map(
    (reason) => metrics.value("seaworthy_sdk_dropped_total", { signal: "logs", reason }) ?? 0,
  );
  // What was under way at the end, and what waited behind it, may have different reasons.
  expect(dropped.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(200);
});

test("nothing is sent without an address and a key, and a wrong one is said", () => {
  for (const [options, problems] of [
    [{ export: false }, 0],
    [{}, 0],
    [{ export: { url: "ftp://x", key: "k" } }, 1],
    [{ export: { url: "http://x" } }, 1],
    [{ export: { url: "http://x", key: "two\nlines" } }, 1],
  ] as const) {
    const lines = new LogLines();
    createKit({ ...options, logs: { destination: lines } });
    expect(lines.lines.filter((line) => "problem" in line)).toHaveLength(problems);
  }
});
