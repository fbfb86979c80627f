/** A team that has OpenTelemetry keeps it: its own instrumentations, with the kit beside them. */
import { createRequire } from "node:module";
import { context, SpanKind, trace } from "@opentelemetry/api";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { PgInstrumentation } from "@opentelemetry/instrumentation-pg";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-node";
import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import type { TestApp } from "./apps.ts";
import { startFastify } from "./apps.ts";
import { Collector } from "./collector.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

let collector: Collector;
let caller: TestApp;
let pool: import("pg").Pool;
/** The `traceparent` headers that were sent to the called service. */
const told: unknown[] = [];
const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
let unregister: () => void;

beforeAll(async () => {
  collector = await Collector.start();
  provider.register();
  const called = await startFastify({}, (app) =>
    app.get("/called", (request) => {
      told.push(request.raw.rawHeaders.filter((_, at, all) => all[at - 1] === "traceparent"));
      return {};
    }),
  );
  caller = await startFastify({ export: { url: collector.url, key: "test-key" } }, (app) => {
    app.get("/buy", async () => {
      await pool.query("select 1");
      await caller.kit.span("price", async (span) => {
        span.set("items", 3);
        await (await fetch(`${called.url}/called`)).text();
      });
      return {};
    });
    app.get("/fail-inside", () =>
      caller.kit.span("charge", () => {
        throw new RangeError("no funds");
      }),
    );
  });
  // Worse than what its manual says: they come after the kit.
  unregister = registerInstrumentations({
    instrumentations: [
      new PgInstrumentation({ requireParentSpan: true }),
      new UndiciInstrumentation({ requireParentforSpans: true }),
    ],
  });
  const pg = createRequire(import.meta.url)("pg") as typeof import("pg");
  pool = new pg.Pool({ host: inject("postgresSocket"), user: "seaworthy", database: "postgres" });
  return async () => {
    unregister();
    await pool.end();
    await caller.kit.shutdown(5_000);
    await called.kit.shutdown();
    await caller.close();
    await called.close();
  };
});
afterAll(async () => {
  await provider.shutdown();
  trace.disable();
  context.disable();
  expect(collector.spans).toEqual([]);
  await collector.close();
});
beforeEach(() => exporter.reset());

const named = (name: string): readonly ReadableSpan[] =>
  exporter.getFinishedSpans().filter((span) => span.name === name);
const parentOf = (span: ReadableSpan | undefined) => span?.parentSpanContext?.spanId;
const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId;

test("its spans of pg and fetch and the kit's are one trace, each once", async () => {
  const response = await fetch(`${caller.url}/buy`, { headers: { traceparent } });
  expect([response.status, await response.json()]).toEqual([200, {}]);
  const [server] = named("GET /buy");
  const [price] = named("price");
  const queries = exporter.getFinishedSpans().filter(({ name }) => name.startsWith("pg.query"));
  const calls = exporter
    .getFinishedSpans()
    .filter(
      ({ instrumentationScope, name }) =>
        instrumentationScope.name.includes("undici") && name === "GET",
    );
  expect(named("GET /buy")).toHaveLength(1);
  expect(parentOf(server)).toBe("00f067aa0ba902b7");
  expect(queries.map(parentOf)).toEqual([idOf(server)]);
  expect([price?.attributes, parentOf(price)]).toEqual([{ items: 3 }, idOf(server)]);
  expect(calls.map(parentOf)).toEqual([idOf(price)]);
  // The called service was told once, of the span that is theirs.
  expect(told).toEqual([[`00-${traceId}-${idOf(calls[0])}-01`]]);
  expect(named("GET /called").map(parentOf)).toEqual([idOf(calls[0])]);
  const traces = new Set(exporter.getFinishedSpans().map((span) => span.spanContext().traceId));
  expect([...traces]).toEqual([traceId]);
});

test("what fails in a span of the kit's is said there", async () => {
  await (await fetch(`${caller.url}/fail-inside`)).text();
  const [charge] = named("charge");
  expect(charge).toMatchObject({ status: { code: 2 }, events: [{ name: "exception" }] });
  expect(parentOf(charge)).toBe(idOf(named("GET /fail-inside")[0]));
});

test("a job is a span of theirs as well, below what added it", async () => {
  await caller.kit.job("mail", () => Promise.resolve(), { traceParent: traceparent });
  expect(named("process mail").map((span) => [span.kind, parentOf(span)])).toEqual([
    [SpanKind.CONSUMER, "00f067aa0ba902b7"],
  ]);
});
