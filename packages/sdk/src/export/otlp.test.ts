import fc from "fast-check";
import { expect, test } from "vitest";
import { logOf, spanOf } from "../../test/collector.ts";
import { recordOfLine } from "./log-lines.ts";
import { encodeLogs, encodeSpans } from "./otlp.ts";

const resource = { service: "s", environment: "e", version: "1", instance: "i" };
const now = 1_700_000_000_000;

function sent(line: string) {
  const body = JSON.parse(encodeLogs(resource, [recordOfLine(line, now)])) as {
    resourceLogs: { scopeLogs: { logRecords: unknown[] }[] }[];
  };
  return logOf(body.resourceLogs[0]?.scopeLogs[0]?.logRecords[0]);
}

test("a line of the kit's own has its fields where OpenTelemetry looks for them", () => {
  const line = {
    level: "warn",
    timestamp: "2026-01-02T03:04:05.678Z",
    service: "shop",
    environment: "test",
    requestId: "r-1",
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    method: "GET",
    statusCode: 200,
    duration: 1.5,
    ok: true,
    nested: { a: [1] },
    message: "hello",
  };
  expect(sent(`${JSON.stringify(line)}\n`)).toEqual({
    time: BigInt(Date.parse(line.timestamp)) * 1_000_000n,
    severityNumber: 13,
    severityText: "WARN",
    body: "hello",
    traceId: line.traceId,
    attributes: {
      requestId: "r-1",
      method: "GET",
      statusCode: 200,
      duration: 1.5,
      ok: true,
      nested: '{"a":[1]}',
    },
  });
});

test("so has a line of pino as it comes, and text is a body", () => {
  const line = {
    level: 50,
    time: now,
    pid: 1,
    hostname: "h",
    msg: "no",
    err: { type: "E", stack: "s" },
  };
  expect(sent(JSON.stringify(line))).toEqual({
    time: BigInt(now) * 1_000_000n,
    severityNumber: 17,
    severityText: "ERROR",
    body: "no",
    attributes: { "error.type": "E", "error.stack": "s" },
  });
  expect(sent("plain text\n")).toMatchObject({ body: "plain text", severityText: "INFO" });
});

test("whatever a line is, what is sent is valid", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.json(),
        fc
          .record(
            {
              level: fc.anything(),
              time: fc.anything(),
              timestamp: fc.oneof(fc.string(), fc.double()),
              message: fc.anything(),
              traceId: fc.oneof(fc.string(), fc.constant("a".repeat(32))),
              err: fc.anything(),
              __proto__: fc.anything(),
            },
            { requiredKeys: [] },
          )
          .map((fields) => {
            try {
              return JSON.stringify(fields);
            } catch {
              return "";
            }
          }),
      ),
      (line) => {
        sent(line ?? "");
      },
    ),
    { numRuns: 1_000 },
  );
});

test("whatever a span is, what is sent is valid", () => {
  const attribute = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.double(),
    fc.integer(),
    fc.boolean(),
  );
  fc.assert(
    fc.property(
      fc.string(),
      fc.nat(),
      fc.integer({ min: -1_000, max: 1_000 }),
      fc.dictionary(fc.string(), fc.option(attribute, { nil: undefined })),
      fc.option(fc.string({ unit: "binary" }), { nil: undefined }),
      (name, start, duration, attributes, error) => {
        const span = {
          traceId: "a".repeat(32),
          spanId: "b".repeat(16),
          parentSpanId: undefined,
          name,
          kind: "client" as const,
          start,
          end: start + duration,
          attributes,
          error,
        };
        const body = JSON.parse(encodeSpans(resource, [span])) as {
          resourceSpans: { scopeSpans: { spans: unknown[] }[] }[];
        };
        spanOf(body.resourceSpans[0]?.scopeSpans[0]?.spans[0]);
      },
    ),
    { numRuns: 1_000 },
  );
});
