import { afterEach, beforeEach, expect, test } from "vitest";
import { Collector } from "../../test/collector.ts";
import { Exporter, type ExporterLimits } from "./exporter.ts";
import { encodeLogs } from "./otlp.ts";

let collector: Collector;
beforeEach(async () => {
  collector = await Collector.start();
});
afterEach(() => collector.close());

const resource = { service: "s", environment: "e", version: "1", instance: "i" };

function exporter(limits: Partial<ExporterLimits> = {}, url = collector.url) {
  const errors: unknown[] = [];
  const made = new Exporter<string>({
    url: new URL(`${url}/v1/logs`),
    key: "test-key",
    encode: (items) =>
      encodeLogs(
        resource,
        items.map((body) => ({ time: 1, severity: 9, severityText: "INFO", body, attributes: {} })),
      ),
    limits: { waitMs: 1, backoffMs: 1, attemptMs: 200, ...limits },
    caught: (error) => errors.push(error),
  });
  const push = (count: number) => {
    for (let index = 0; index < count; index += 1) made.push(`item ${index}`);
  };
  return { exporter: made, push, errors };
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

test("takes no more in a second than it may", async () => {
  const { exporter: it, push } = exporter({ maxPerSecond: 5, waitMs: 60_000 });
  push(1_000);
  await it.close(5_000);
  // The second may turn once while they are pushed.
  expect(it.sent).toBeLessThanOrEqual(10);
  expect(it.sent + (it.dropped.get("rate") ?? 0)).toBe(1_000);
});

test("an item that cannot be encoded costs its batch only", async () => {
  const errors: unknown[] = [];
  const it = new Exporter<string>({
    url: new URL(`${collector.url}/v1/logs`),
    key: "test-key",
    encode: () => {
      throw new Error("cannot");
    },
    caught: (error) => errors.push(error),
  });
  it.push("x");
  await it.close(1_000);
  expect(it.dropped.get("undeliverable")).toBe(1);
  expect(errors).toHaveLength(1);
});
