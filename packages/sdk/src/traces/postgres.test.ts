import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { currentContext, LocalTrace, runIn } from "../context.ts";
import type { SpanData } from "../export/otlp.ts";
import { tracePostgres, type PostgresModule } from "./postgres.ts";
import { Tracer } from "./tracer.ts";

const failure = Object.assign(new Error("duplicate key"), { code: "23505" });

/** A client that answers as pg's does, from events that belong to no request. */
function setUp() {
  const events: (() => void)[] = [];
  class Client {
    query(query: unknown, ...rest: unknown[]): unknown {
      const error = JSON.stringify(query).includes("bad") ? failure : undefined;
      const callback = rest.at(-1);
      if (typeof callback === "function") {
        events.push(() => callback(error, { rows: [] }) as unknown);
        return undefined;
      }
      return error === undefined ? Promise.resolve({ rows: [1] }) : Promise.reject(error);
    }
  }
  const spans: SpanData[] = [];
  const tracer = new Tracer({ push: (span) => spans.push(span) }, { perSecond: 10, slowMs: 1_000 });
  tracePostgres({ Client }, tracer);
  // A second time changes nothing.
  tracePostgres({ Client }, tracer);
  const trace = new LocalTrace("r-1", undefined, true);
  trace.kept = true;
  trace.owner = tracer;
  return { client: new Client(), spans, trace, events };
}

test("a query is a span of its request, without its text", async () => {
  const { client, spans, trace } = setUp();
  await runIn(trace, () => client.query("select * from users where email = 'ada@example.com'"));
  expect(spans).toHaveLength(1);
  expect(spans[0]).toMatchObject({
    name: "SELECT",
    kind: "client",
    traceId: trace.traceId,
    parentSpanId: trace.spanId,
    attributes: { "db.system.name": "postgresql", "db.operation.name": "SELECT" },
  });
  expect(JSON.stringify(spans)).not.toContain("ada");
});

test("what fails says why, and the error goes on to the caller", async () => {
  const { client, spans, trace } = setUp();
  const query = () => client.query({ text: "insert into bad values ($1)", values: [1] });
  await expect(runIn(trace, query)).rejects.toBe(failure);
  expect(spans[0]).toMatchObject({ name: "INSERT", error: "duplicate key" });
  expect(spans[0]?.attributes["db.response.status_code"]).toBe("23505");
  expect(trace.failed).toBe(true);
});

test("a callback is called in its request's context", () => {
  const { client, spans, trace, events } = setUp();
  let seen: unknown;
  runIn(trace, () =>
    client.query("truncate x", [], () => {
      seen = currentContext();
    }),
  );
  for (const event of events) event();
  expect(seen).toBe(trace);
  expect(spans[0]?.name).toBe("TRUNCATE");
});

test("outside of requests, and with cursors, nothing is done", async () => {
  const { client, spans, trace } = setUp();
  await client.query("select 1");
  await runIn(trace, () => client.query({ text: "select 1", submit: () => {} }));
  expect(spans).toEqual([]);
});

test("fits the real package", () => {
  const require = createRequire(import.meta.url);
  const postgres = require("pg") as PostgresModule;
  const before = postgres.Client.prototype.query;
  tracePostgres(postgres, new Tracer(undefined, { perSecond: 1, slowMs: 1 }));
  expect(postgres.Client.prototype.query).not.toBe(before);
});
