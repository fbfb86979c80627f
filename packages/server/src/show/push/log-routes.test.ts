import { gzipSync } from "node:zlib";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { OTLPLogExporter as HttpExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtoExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import fc from "fast-check";
import pino from "pino";
import { pinoLoki } from "pino-loki";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import winston from "winston";
import LokiTransport from "winston-loki";
import { testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import type { LogBatch, LogSink } from "../../model/index.ts";
import { createLogReceiver } from "../../receive/index.ts";
import { createSelfMetrics } from "../../self/index.ts";
import { StoreError } from "../../store/index.ts";
import { logPushRoutes } from "./log-routes.ts";

/** What was written, line by line. */
interface Row {
  readonly labels: Readonly<Record<string, string>>;
  readonly time: bigint;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
}

let server: TestServer;
let key: string;
let failure: Error | undefined;
let rows: Row[] = [];
let fingerprints: (bigint | undefined)[] = [];
let arrived: () => void = () => {};
const metrics = createSelfMetrics("test");
const sink: LogSink = {
  async write(batch: LogBatch) {
    if (failure !== undefined) throw failure;
    batch.lines.forEach((line, i) => {
      const labels = batch.streams[batch.streamOf[i] ?? 0] ?? {};
      rows.push({ labels, time: batch.times[i] ?? 0n, line, metadata: batch.metadata[i] ?? {} });
    });
    if (batch.lines.length > 0) fingerprints.push(batch.fingerprint);
    arrived();
  },
};
const now = BigInt(Date.now()) * 1_000_000n;

beforeAll(async () => {
  const limits = { bodyBytes: 200_000, decompressedBytes: 400_000, lineLength: 1000 };
  const clock = { now: () => Date.now(), after: () => ({ cancel: () => {} }) };
  const receiver = createLogReceiver({ logs: sink, clock, metrics, limits });
  server = await testServer({ routes: [logPushRoutes(receiver)] });
  key = await server.token("ingest");
});
afterAll(() => server.close());
beforeEach(() => {
  rows = [];
  fingerprints = [];
  failure = undefined;
});

const nextWrite = () =>
  new Promise<void>((resolve) => {
    arrived = resolve;
  });

function push(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${server.url}${path}`, {
    method: "POST",
    body,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
  });
}

const lokiBody = (values: readonly unknown[], stream: object = { app: "shop" }) =>
  JSON.stringify({ streams: [{ stream, values }] });

describe("unmodified clients", () => {
  it("pino-loki", async () => {
    const written = nextWrite();
    const stream = pinoLoki({
      host: server.url,
      headers: { Authorization: `Bearer ${key}` },
      labels: { app: "cart" },
      batching: false,
    });
    pino({}, stream).error({ order: 7 }, "payment failed");
    await written;
    expect(rows[0]).toMatchObject({
      labels: { app: "cart", service_name: "cart" },
      metadata: { detected_level: "error" },
    });
    expect(JSON.parse(rows[0]?.line ?? "")).toMatchObject({ order: 7, msg: "payment failed" });
  });

  it.each([true, false])("winston-loki, JSON: %s", async (json) => {
    const written = nextWrite();
    const logger = winston.createLogger({
      transports: [
        new LokiTransport({
          host: server.url,
          headers: { authorization: `Bearer ${key}` },
          labels: { job: "billing" },
          json,
          batching: false,
          replaceTimestamp: false,
        }),
      ],
    });
    logger.warn("disk nearly full");
    await written;
    expect(rows).toMatchObject([
      {
        labels: { job: "billing", level: "warn", service_name: "billing" },
        metadata: { detected_level: "warn" },
      },
    ]);
    expect(rows[0]?.line).toContain("disk nearly full");
  });

  it.each([
    ["protobuf", ProtoExporter, "/v1/logs"],
    ["JSON", HttpExporter, "/otlp/v1/logs"],
  ] as const)("OpenTelemetry's SDK, %s", async (_, Exporter, path) => {
    const exporter = new Exporter({
      url: `${server.url}${path}`,
      headers: { authorization: `Bearer ${key}` },
    });
    const provider = new LoggerProvider({
      resource: resourceFromAttributes({ "service.name": "checkout", "host.id": "h1" }),
      processors: [new SimpleLogRecordProcessor({ exporter })],
    });
    provider.getLogger("orders", "1.2").emit({
      severityNumber: SeverityNumber.WARN2,
      severityText: "WARN",
      body: "slow query größe",
      attributes: { "db.rows": 12, nested: { deep: { yes: true } }, list: [1, "b"] },
      timestamp: [1_800_000_000 > Date.now() / 1000 ? Math.floor(Date.now() / 1000) : 0, 5],
    });
    await provider.forceFlush();
    await provider.shutdown();
    expect(rows).toMatchObject([
      {
        labels: { service_name: "checkout" },
        line: "slow query größe",
        metadata: {
          host_id: "h1",
          db_rows: "12",
          nested_deep_yes: "true",
          list: '[1,"b"]',
          severity_text: "WARN",
          severity_number: "14",
          scope_name: "orders",
          scope_version: "1.2",
          detected_level: "warn",
        },
      },
    ]);
    expect((rows[0]?.time ?? 0n) % 1_000_000_000n).toBe(5n);
  });
});

describe("Loki push", () => {
  it("takes gzip and structured metadata, and knows a body that is sent again", async () => {
    const body = lokiBody([
      [String(now), "GET /cart status=500 level=error", { trace_id: "abc", "user.id": "u1" }],
      [String(now + 1n), "second"],
    ]);
    for (let i = 0; i < 2; i += 1) {
      const sent = await push("/loki/api/v1/push", Uint8Array.from(gzipSync(body)), {
        "content-encoding": "gzip",
      });
      expect([sent.status, await sent.text()]).toEqual([204, ""]);
    }
    expect(rows[0]).toEqual({
      labels: { app: "shop", service_name: "shop" },
      time: now,
      line: "GET /cart status=500 level=error",
      metadata: { trace_id: "abc", user_id: "u1", detected_level: "error" },
    });
    expect(fingerprints[0]).toBeTypeOf("bigint");
    expect(fingerprints[1]).toBe(fingerprints[0]);
  });

  it("stores what can be stored and tells the rest, once", async () => {
    const old = String(now - 40n * 86_400_000_000_000n);
    const future = String(now + 3_600_000_000_000n);
    const sent = await push(
      "/loki/api/v1/push",
      lokiBody([
        [old, "old"],
        [future, "future"],
        [String(now), "x".repeat(1001)],
        [String(now), "good"],
      ]),
    );
    const text = await sent.text();
    expect(sent.status).toBe(400);
    expect(text).toContain("3 of 4 lines were not stored, the others were");
    for (const part of [
      "too old",
      "in the future",
      "1001 characters (limit 1000)",
      '{app="shop"',
    ]) {
      expect(text).toContain(part);
    }
    expect(rows.map(({ line }) => line)).toEqual(["good"]);
  });

  it.each([
    ["no JSON", "{", {}, 400, "the body is not JSON"],
    ["a wrong shape", '{"streams":{}}', {}, 400, "streams must be a list, not a object"],
    ["a number for a time", lokiBody([[1.5, "x"]]), {}, 400, "streams[0].values[0][0]"],
    ["a number for a line", lokiBody([[String(now), 7]]), {}, 400, "values[0][1] must be a text"],
    [
      "nested labels",
      lokiBody([[String(now), "x"]], { a: { b: 1 } }),
      {},
      400,
      "stream.a must be a text",
    ],
    ["a label that is none", lokiBody([[String(now), "x"]], { "a-b": "1" }), {}, 400, '"a-b"'],
    ["no labels", lokiBody([[String(now), "x"]], {}), {}, 400, "has no labels"],
    ["a damaged body", "not gzip", { "content-encoding": "gzip" }, 400, "is not gzip"],
    ["an unknown encoding", "{}", { "content-encoding": "br" }, 415, "br is not known"],
    ["an unknown type", "{}", { "content-type": "text/xml" }, 415, "text/xml is not taken"],
    ["no snappy", "{}", { "content-type": "application/x-protobuf" }, 400, "Snappy"],
    ["a large body", `"${"x".repeat(200_001)}"`, {}, 413, "larger than 200000 bytes"],
  ])("refuses %s", async (_, body, headers: Record<string, string>, status, reason) => {
    const sent = await push("/loki/api/v1/push", body, headers);
    expect(sent.status).toBe(status);
    expect(sent.headers.get("content-type")).toContain("text/plain");
    expect(await sent.text()).toContain(reason);
    expect(rows).toEqual([]);
  });

  it("refuses what swells, 100,000 labels, and depths without end", async () => {
    const swells = gzipSync(`{"streams":[],"x":"${"a".repeat(1_000_000)}"}`);
    const swollen = await push("/loki/api/v1/push", Uint8Array.from(swells), {
      "content-encoding": "gzip",
    });
    expect(swollen.status).toBe(413);
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`l${i}`, "v"]));
    const zipped = Uint8Array.from(gzipSync(lokiBody([[String(now), "x"]], many)));
    const labels = await push("/loki/api/v1/push", zipped, { "content-encoding": "gzip" });
    expect([400, 413]).toContain(labels.status);
    const deep = await push("/loki/api/v1/push", "[".repeat(100_000) + "]".repeat(99_999));
    expect(deep.status).toBe(400);
    expect(rows).toEqual([]);
  });

  it("says when to send again", async () => {
    failure = new StoreError("store_overloaded", "too much waits");
    const sent = await push("/loki/api/v1/push", lokiBody([[String(now), "x"]]));
    expect([sent.status, sent.headers.get("retry-after")]).toEqual([503, "2"]);
  });

  it("is for ingest keys", async () => {
    const reader = await server.token("read");
    const sent = await push("/loki/api/v1/push", "{}", { authorization: `Bearer ${reader}` });
    expect(sent.status).toBe(403);
  });
});

describe("OTLP", () => {
  const record = (time: bigint, body: unknown) => ({ timeUnixNano: String(time), body });
  const request = (records: readonly unknown[]) =>
    JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: records }] }] });

  it("answers partial success", async () => {
    const sent = await push(
      "/v1/logs",
      request([record(1n, { stringValue: "old" }), record(now, { intValue: "42" })]),
    );
    const answer: unknown = await sent.json();
    expect(sent.status).toBe(200);
    expect(answer).toMatchObject({ partialSuccess: { rejectedLogRecords: "1" } });
    expect(rows).toMatchObject([{ labels: { service_name: "unknown_service" }, line: "42" }]);
  });

  it("answers faults as google.rpc.Status in the request's encoding", async () => {
    const json = await push("/v1/logs", '{"resourceLogs": 7}');
    expect([json.status, await json.json()]).toEqual([
      400,
      { code: 3, message: "resourceLogs must be a list, not a number" },
    ]);
    const proto = await push("/v1/logs", Uint8Array.from([0x0a, 0x05, 1]), {
      "content-type": "application/x-protobuf",
    });
    expect(proto.status).toBe(400);
    expect(proto.headers.get("content-type")).toBe("application/x-protobuf");
    expect(Buffer.from(await proto.arrayBuffer()).toString()).toContain("malformed at byte");
  });
});

describe("Datadog, Vercel, lines", () => {
  it("takes Datadog's intake with its key", async () => {
    const entry = {
      ddsource: "nodejs",
      ddtags: "env:prod,team:pay,customer:acme",
      hostname: "web-1",
      service: "payment",
      status: "error",
      message: "declined",
      http: { status_code: 402 },
    };
    const sent = await fetch(`${server.url}/api/v2/logs`, {
      method: "POST",
      headers: { "dd-api-key": key, "content-type": "application/json" },
      body: JSON.stringify([entry, { message: "plain" }]),
    });
    expect([sent.status, await sent.json()]).toEqual([202, {}]);
    expect(rows).toMatchObject([
      {
        labels: { service_name: "payment", source: "nodejs", host: "web-1", env: "prod" },
        line: "declined",
        metadata: { customer: "acme", detected_level: "error", http: '{"status_code":402}' },
      },
      { labels: { service_name: "unknown_service" }, line: "plain" },
    ]);
    // Lines without times are new each time.
    expect(fingerprints).toEqual([undefined]);
    const refused = await push("/api/v2/logs", "[7]");
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      errors: [{ detail: "entry 0 must be an object" }],
    });
  });

  it("takes Vercel's drains, and proves whose they are", async () => {
    const entry = {
      id: "1",
      deploymentId: "dpl_1",
      projectName: "shop-web",
      source: "lambda",
      environment: "production",
      timestamp: Date.now(),
      message: "rendered",
      level: "warning",
      proxy: { method: "GET", statusCode: 200, path: "/", clientIp: "10.0.0.1" },
    };
    const lines = `${JSON.stringify(entry)}\n${JSON.stringify({ ...entry, message: undefined })}\n`;
    const sent = await push("/api/logs/vercel?verify=abc123", lines, {
      "content-type": "application/x-ndjson",
    });
    expect([sent.status, sent.headers.get("x-vercel-verify")]).toEqual([200, "abc123"]);
    expect(rows).toMatchObject([
      {
        labels: { service_name: "shop-web", source: "lambda", environment: "production" },
        line: "rendered",
        metadata: { detected_level: "warn", deployment_id: "dpl_1", proxy_status_code: "200" },
      },
      { line: "GET / 200" },
    ]);
  });

  it("takes lines of JSON as they are", async () => {
    const at = new Date(Date.now() - 1000).toISOString().replace("Z", "123456Z");
    const body = `{"time":"${at}","level":40,"service":"mail","msg":"slow","trace_id":"ab"}\r\nplain ERROR text\n\n`;
    const sent = await push("/api/logs/lines?env=prod", body, { "content-type": "text/plain" });
    expect([sent.status, await sent.json()]).toMatchObject([200, { stored: 2, refused: 0 }]);
    expect(rows).toMatchObject([
      {
        labels: { service_name: "mail", env: "prod" },
        metadata: { detected_level: "warn", trace_id: "ab" },
      },
      { line: "plain ERROR text", metadata: { detected_level: "error" } },
    ]);
    expect((rows[0]?.time ?? 0n) % 1_000_000n).toBe(123_456n);
  });

  it("masks secrets and counts them", async () => {
    const line =
      "user ann@example.com paid with 4111 1111 1111 1111, Authorization: Bearer abcdef123456";
    await push("/loki/api/v1/push", lokiBody([[String(now), line, { mail: "bob@example.com" }]]));
    expect(rows[0]?.line).toBe(
      "user <masked:email> paid with <masked:card>, Authorization: <masked:authorization>",
    );
    expect(rows[0]?.metadata["mail"]).toBe("<masked:email>");
    const counted = await metrics.registry.getSingleMetric("seaworthy_masked_total")?.get();
    expect(counted?.values).toContainEqual({ labels: { rule: "email" }, value: 2 });
  });
});

it("answers any bytes within its protocol's errors", async () => {
  const paths = [
    "/loki/api/v1/push",
    "/v1/logs",
    "/api/v2/logs",
    "/api/logs/vercel",
    "/api/logs/lines",
  ];
  const types = ["application/json", "application/x-protobuf", "text/plain"];
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => new TextEncoder().encode(text)),
    fc.json().map((text) => new TextEncoder().encode(`{"streams":${text},"resourceLogs":${text}}`)),
    fc
      .json()
      .map((text) =>
        new TextEncoder().encode(`{"streams":[{"stream":{"a":"b"},"values":[[${text}]]}]}`),
      ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.constantFrom(...types),
      fc.constantFrom("", "gzip", "snappy"),
      bodies,
      async (path, type, encoding, bytes) => {
        const sent = await push(path, Uint8Array.from(bytes), {
          "content-type": type,
          ...(encoding === "" ? {} : { "content-encoding": encoding }),
        });
        await sent.text();
        expect([200, 202, 204, 400, 413, 415]).toContain(sent.status);
      },
    ),
    { numRuns: 400 },
  );
});
