import { afterEach, beforeEach, expect, test } from "vitest";
import { Collector } from "../../test/collector.ts";
import { Exporter, type ExporterLimits } from "./exporter.ts";
import { jobs } from "./jobs.ts";
import { encodeLogs, encodeSpans, sizeOf, type Attributes, type SpanData } from "./otlp.ts";
import { pack } from "./pack.ts";

let collector: Collector;
beforeEach(async () => {
  collector = await Collector.start();
});
afterEach(() => collector.close());

const resource = { service: "s", environment: "e", version: "1", instance: "i" };

const encode = (items: readonly string[]) =>
  encodeLogs(
    resource,
    items.map((body) => ({ time: 1, severity: 9, severityText: "INFO", body, attributes: {} })),
  );

function exporter(limits: Partial<ExporterLimits> = {}, url = collector.url) {
  const errors: unknown[] = [];
  const caught = (error: unknown) => errors.push(error);
  const made = new Exporter<string>({
    url: new URL(`${url}/v1/logs`),
    key: "test-key",
    pack: (items) => pack(items, encode, caught),
    sizeOf: (item) => item.length,
    limits: { waitMs: 1, backoffMs: 1, attemptMs: 200, ...limits },
    caught,
  });
  const push = (count: number) => {
    for (let index = 0; index < count; index += 1) made.push(`item ${index}`);
  };
  return { exporter: made, push, errors };
}

function span(name: string, attributes: Attributes = {}): SpanData {
  return {
    traceId: "a".repeat(32),
    spanId: "b".repeat(16),
    parentSpanId: undefined,
    name,
    kind: "internal",
    start: 1,
    end: 2,
    attributes,
    error: undefined,
  };
}

test("sends in order, in batches, one after the other", async () => {
  const { exporter: it, push } = exporter({ maxBatch: 100 });
  push(250);
  await it.close(5_000);
  expect(collector.logs.map(({ body }) => body)).toEqual(
    Array.from({ length: 250 }, (_, index) => `item ${index}`),
  );
  expect(collector.requests).toBe(3);
  expect(it.sent).toBe(250);
  expect(it.dropped.size).toBe(0);
});

test("holds a bounded number while nobody answers, and counts the rest", async () => {
  collector.behave(() => {});
  const { exporter: it, push } = exporter({ maxQueue: 50, maxBatch: 10, waitMs: 60_000 });
  push(1_000);
  expect(it.dropped.get("queue_full")).toBe(950);
  await it.close(20);
  expect(it.dropped.get("shutdown")).toBe(50);
  expect(it.sent).toBe(0);
});

test("tries again after what may pass, and delivers once", async () => {
  const answers = [503, 429, 500];
  collector.behave((response) => {
    response.writeHead(answers.shift() ?? 500, { "retry-after": "0.001" }).end("<html>busy</html>");
    if (answers.length === 0) collector.behave(undefined);
  });
  const { exporter: it, push } = exporter();
  push(3);
  await collector.until(() => collector.logs.length > 0);
  await it.close(5_000);
  expect(collector.requests).toBe(4);
  expect(collector.logs).toHaveLength(3);
  expect(it.sent).toBe(3);
});

test("gives a batch up after some attempts", async () => {
  collector.behave((response) => response.destroy());
  const { exporter: it, push } = exporter({ maxAttempts: 3 });
  push(2);
  await collector.until(() => collector.requests === 3);
  await it.close(5_000);
  expect(it.dropped.get("undeliverable")).toBe(2);
});

test("does not repeat what was refused, and says so", async () => {
  collector.behave((response) => response.writeHead(401).end());
  const { exporter: it, push, errors } = exporter();
  push(2);
  await collector.until(() => collector.requests === 1);
  await it.close(5_000);
  expect(collector.requests).toBe(1);
  expect(it.dropped.get("refused")).toBe(2);
  expect(String(errors[0])).toContain("answered 401");
});

test("believes a partial success", async () => {
  collector.behave((response) =>
    response.end(JSON.stringify({ partialSuccess: { rejectedLogRecords: "2" } })),
  );
  const { exporter: it, push } = exporter();
  push(5);
  await it.close(5_000);
  expect(it.sent).toBe(3);
  expect(it.dropped.get("refused")).toBe(2);
});

test("an answer that trickles, floods or is no HTTP ends with the attempt", async () => {
  const { exporter: it, push } = exporter({ maxAttempts: 1 });
  // A success whose body comes at one byte and then never ends.
  collector.behave((response) => response.writeHead(200).write("{"));
  push(1);
  await collector.until(() => collector.requests === 1);
  await it.close(5_000);
  expect(it.sent).toBe(1);

  const flooded = exporter({ maxAttempts: 1, attemptMs: 5_000 });
  collector.behave((response) => {
    response.writeHead(200);
    const flood = () => {
      while (response.write("x".repeat(65_536)));
    };
    response.on("drain", flood).on("error", () => {});
    flood();
  });
  flooded.push(1);
  await flooded.exporter.close(5_000);
  expect(flooded.exporter.sent).toBe(1);

  const garbled = exporter({ maxAttempts: 1 });
  collector.behave((response) => response.socket?.end("\0\x01garbage\r\n\r\n"));
  garbled.push(1);
  await garbled.exporter.close(5_000);
  expect(garbled.exporter.dropped.get("undeliverable")).toBe(1);
});

test("nobody there: nothing is thrown, everything is counted", async () => {
  const { exporter: it, push } = exporter({}, "http://127.0.0.1:1");
  push(10);
  await it.close(1_000);
  expect(it.dropped.get("undeliverable")).toBe(10);
  push(1);
  expect(it.dropped.get("shutdown")).toBe(1);
});

test("holds a bounded amount of text, and sends a bounded amount together", async () => {
  const { exporter: it } = exporter({ waitMs: 60_000, maxQueueText: 1_000, maxBatchText: 250 });
  const items = Array.from({ length: 12 }, (_, index) => String(index).padStart(100, "."));
  for (const item of items) it.push(item);
  expect(it.dropped.get("queue_full")).toBe(2);
  await it.close(5_000);
  expect(collector.logs.map(({ body }) => body)).toEqual(items.slice(0, 10));
  expect(collector.requests).toBe(5);
});

test("an item with more text than is sent together goes alone", async () => {
  const { exporter: it } = exporter({ waitMs: 60_000, maxBatchText: 250 });
  const items = ["small", "x".repeat(1_000), "small too", "and this"];
  for (const item of items) it.push(item);
  await it.close(5_000);
  expect(collector.logs.map(({ body }) => body)).toEqual(items);
  expect(collector.requests).toBe(3);
});

test("takes no more in a second than it may", async () => {
  const { exporter: it, push } = exporter({ maxPerSecond: 5, waitMs: 60_000 });
  push(1_000);
  await it.close(5_000);
  // The second may turn once while they are pushed.
  expect(it.sent).toBeLessThanOrEqual(10);
  expect(it.sent + (it.dropped.get("rate") ?? 0)).toBe(1_000);
});

test("what cannot be encoded is lost alone, and counted", async () => {
  const errors: unknown[] = [];
  const caught = (error: unknown) => errors.push(error);
  const it = new Exporter<SpanData>({
    url: new URL(`${collector.url}/v1/traces`),
    key: "test-key",
    pack: (spans) => pack(spans, (some) => encodeSpans(resource, some), caught),
    sizeOf,
    limits: { waitMs: 1 },
    caught,
  });
  const fail = (): never => {
    throw new Error("from the application");
  };
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  const values: readonly unknown[] = [
    "fine",
    7,
    "half a pair: \ud800",
    10n,
    Symbol("odd"),
    circular,
    fail,
    Object.create(null),
    { toString: fail },
    { [Symbol.toPrimitive]: fail },
    Object.defineProperty({}, "toString", { get: fail }),
  ];
  for (const value of values) it.push(span("with", { value } as Attributes));
  it.push(span("unreadable", Object.defineProperty({}, "x", { get: fail, enumerable: true })));
  it.push(span({ toString: fail } as unknown as string));
  it.push(span({ name: "given as an object" } as unknown as string));
  it.push(span("last"));
  await it.close(5_000);
  expect(collector.spans.map(({ attributes }) => attributes["value"])).toEqual([
    "fine",
    7,
    "half a pair: \ud800",
    "10",
    "Symbol(odd)",
    "[object Object]",
    String(fail),
    undefined,
    undefined,
  ]);
  expect(collector.spans.map(({ name }) => name).slice(-2)).toEqual(["[object Object]", "last"]);
  expect(collector.requests).toBe(1);
  expect(it.sent).toBe(9);
  expect([...it.dropped]).toEqual([["undeliverable", 6]]);
  expect(errors).toHaveLength(1);
});

test("lines too deep to be written again leave the others of their batch alone", async () => {
  const errors: unknown[] = [];
  const caught = (error: unknown) => errors.push(error);
  const it = new Exporter<string>({
    url: new URL(`${collector.url}/v1/logs`),
    key: "test-key",
    pack: (lines) => jobs.packLines({ resource, lines }),
    sizeOf: (line) => line.length,
    limits: { maxBatch: 10 },
    caught,
  });
  const deep = `{"message":"deep","a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  for (let index = 0; index < 15; index += 1)
    it.push(index % 5 === 4 ? deep : `{"message":"${index}"}`);
  await it.close(5_000);
  expect(collector.logs.map(({ body }) => body)).toEqual(
    [0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13].map(String),
  );
  expect(it.sent).toBe(12);
  expect([...it.dropped]).toEqual([["undeliverable", 3]]);
});

test("an encoder that never works loses everything, and nothing hangs on it", async () => {
  const errors: unknown[] = [];
  const caught = (error: unknown) => errors.push(error);
  const it = new Exporter<string>({
    url: new URL(`${collector.url}/v1/logs`),
    key: "test-key",
    pack: (items) =>
      pack(
        items,
        (some) => {
          if (some.length > 1 || some[0] === "x") throw new Error("cannot");
          return "{}";
        },
        caught,
      ),
    sizeOf: (item) => item.length,
    limits: { maxBatch: 2 },
    caught,
  });
  for (const item of ["x", "x", "alone", "alone"]) it.push(item);
  await it.close(1_000);
  expect([...it.dropped]).toEqual([["undeliverable", 4]]);
  expect(it.sent).toBe(0);
  expect(collector.requests).toBe(0);
});
