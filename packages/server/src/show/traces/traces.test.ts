import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter as HttpExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import fc from "fast-check";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import type { Span } from "../../model/index.ts";
import { systemClock } from "../../model/index.ts";
import { createTracesQuery } from "../../query/index.ts";
import { createTraceReceiver } from "../../receive/index.ts";
import { createSelfMetrics } from "../../self/index.ts";
import { openTelemetry, StoreError } from "../../store/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { tracePushRoutes } from "../push/trace-routes.ts";
import { tracesRoutes } from "./routes.ts";

let dir: string;
let telemetry: Telemetry;
let server: TestServer;
let ingest: string;
let read: string;
let failure: Error | undefined;
let stored: Span[] = [];
const metrics = createSelfMetrics("test");

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "seaworthy-traces-api-"));
  telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
  const receiver = createTraceReceiver({
    spans: {
      write: (batch) =>
        failure === undefined ? telemetry.spans.write(batch) : Promise.reject(failure),
    },
    clock: systemClock,
    metrics,
    stored: (spans) => stored.push(...spans),
    limits: { bodyBytes: 200_000, decompressedBytes: 400_000, spans: 500, attributesLength: 5000 },
  });
  const traces = createTracesQuery({ telemetry });
  server = await testServer({
    sources: { traces },
    routes: [
      tracePushRoutes(receiver),
      tracesRoutes({ traces, clock: systemClock, version: "test" }),
    ],
  });
  [ingest, read] = await Promise.all([server.token("ingest"), server.token("read")]);
});
afterAll(async () => {
  await server.close();
  await telemetry.close();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(() => {
  failure = undefined;
  stored = [];
});

function push(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${server.url}${path}`, {
    method: "POST",
    body,
    headers: { authorization: `Bearer ${ingest}`, "content-type": "application/json", ...headers },
  });
}

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${read}`, ...headers } });

const now = () => BigInt(Date.now()) * 1_000_000n;
const hex = (length: number) =>
  Array.from({ length }, () => Math.floor(Math.random() * 16).toString(16)).join("");

function otlp(span: object): string {
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "cart" } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });
}

const plain = () => ({
  traceId: hex(32),
  spanId: hex(16),
  name: "GET /",
  kind: 2,
  startTimeUnixNano: String(now()),
  endTimeUnixNano: String(now() + 5_000_000n),
});

describe("unmodified clients", () => {
  it.each([
    ["protobuf", ProtoExporter, "/v1/traces"],
    ["JSON", HttpExporter, "/otlp/v1/traces"],
  ] as const)("OpenTelemetry's SDK, %s", async (_, Exporter, path) => {
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ "service.name": "checkout", "host.id": "h1" }),
      spanProcessors: [
        new SimpleSpanProcessor(
          new Exporter({
            url: `${server.url}${path}`,
            headers: { authorization: `Bearer ${ingest}` },
          }),
        ),
      ],
    });
    const tracer = provider.getTracer("orders", "1.2");
    const root = tracer.startSpan("POST /orders", { kind: SpanKind.SERVER });
    const child = tracer.startSpan(
      "INSERT orders",
      {
        kind: SpanKind.CLIENT,
        attributes: { "db.system.name": "postgresql", rows: 3, flags: [true, false] },
        links: [{ context: root.spanContext(), attributes: { why: "test" } }],
      },
      trace.setSpan(ROOT_CONTEXT, root),
    );
    child.addEvent("retry", { attempt: 2 });
    child.setStatus({ code: SpanStatusCode.ERROR, message: "deadlock" });
    child.end();
    root.end();
    await provider.forceFlush();

    const { traceId, spanId } = root.spanContext();
    const answer = await get(`/jaeger/api/traces/${traceId}`);
    const { data } = (await answer.json()) as { data: { spans: object[]; processes: object }[] };
    expect(data[0]?.processes).toEqual({
      p1: { serviceName: "checkout", tags: expect.arrayContaining([tag("host.id", "h1")]) },
    });
    expect(data[0]?.spans).toHaveLength(2);
    expect(data[0]?.spans).toContainEqual(
      expect.objectContaining({
        operationName: "INSERT orders",
        references: [
          { refType: "CHILD_OF", traceID: traceId, spanID: spanId },
          { refType: "FOLLOWS_FROM", traceID: traceId, spanID: spanId },
        ],
        tags: expect.arrayContaining([
          tag("rows", "3"),
          tag("flags", "[true,false]"),
          tag("span.kind", "client"),
          tag("otel.scope.name", "orders 1.2"),
          tag("otel.status_description", "deadlock"),
          { key: "error", type: "bool", value: true },
        ]),
        logs: [
          {
            timestamp: expect.any(Number),
            fields: [tag("event", "retry"), tag("attempt", "2")],
          },
        ],
      }),
    );
    await provider.shutdown();
  });

  it("Zipkin's reporters, version 2", async () => {
    const traceId = hex(16);
    const startMicros = Date.now() * 1000;
    const answer = await push(
      "/api/v2/spans",
      JSON.stringify([
        {
          traceId,
          id: "00000000000000a1",
          name: "get /users",
          kind: "SERVER",
          timestamp: startMicros,
          duration: 1500,
          localEndpoint: { serviceName: "users" },
          remoteEndpoint: { ipv4: "10.0.0.9", port: 4711 },
          tags: { "http.method": "GET", error: "boom" },
          annotations: [{ timestamp: startMicros + 10, value: "cache miss" }],
        },
        { traceId, id: "a2", parentId: "a1", name: "query", timestamp: startMicros, duration: 10 },
      ]),
    );
    expect(answer.status).toBe(202);
    expect(stored).toMatchObject([
      {
        traceId: traceId.padStart(32, "0"),
        spanId: "00000000000000a1",
        parentId: "",
        service: "users",
        kind: "server",
        startNs: BigInt(startMicros) * 1000n,
        durationNs: 1_500_000n,
        status: "error",
        statusMessage: "boom",
        attributes: {
          "http.method": "GET",
          "network.peer.address": "10.0.0.9",
          "network.peer.port": "4711",
        },
        events: [{ name: "cache miss" }],
      },
      { service: "unknown_service", parentId: "00000000000000a1", kind: "internal" },
    ]);
  });
});

const tag = (key: string, value: string) => ({ key, type: "string", value });

describe("what Grafana's data sources ask", () => {
  const traceId = hex(32);
  const start = now() - 60_000_000_000n;
  beforeAll(async () => {
    const span = {
      ...plain(),
      traceId,
      spanId: "00000000000000b1",
      name: "GET /grafana",
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + 250_000_000n),
      attributes: [{ key: "http.route", value: { stringValue: "/grafana" } }],
      status: { code: 2, message: "bad" },
    };
    expect((await push("/v1/traces", otlp(span))).status).toBe(200);
  });

  it("Tempo: echo, a trace in both forms of both versions, nothing for another", async () => {
    expect(await (await get("/tempo/api/echo")).text()).toBe("echo");
    const json = (await (await get(`/tempo/api/traces/${traceId}`)).json()) as {
      batches: { scopeSpans: { spans: object[] }[] }[];
    };
    expect(json.batches[0]?.scopeSpans[0]?.spans[0]).toMatchObject({
      traceId: Buffer.from(traceId, "hex").toString("base64"),
      name: "GET /grafana",
      kind: "SPAN_KIND_SERVER",
      startTimeUnixNano: String(start),
      status: { code: "STATUS_CODE_ERROR", message: "bad" },
    });
    const accept = { accept: "application/protobuf" };
    const first = await get(`/tempo/api/traces/${traceId}`, accept);
    const bytes = Buffer.from(await first.arrayBuffer());
    expect(first.headers.get("content-type")).toBe("application/protobuf");
    // tempopb.Trace is on the wire what a sender of OTLP sends: sent again it is the same span.
    await push("/v1/traces", bytes, { "content-type": "application/x-protobuf" });
    expect(stored).toMatchObject([
      { traceId, spanId: "00000000000000b1", service: "cart", durationNs: 250_000_000n },
    ]);
    const second = await get(`/tempo/api/v2/traces/${traceId}`, accept);
    const wrapped = Buffer.from(await second.arrayBuffer());
    expect(wrapped.includes(Buffer.from("GET /grafana"))).toBe(true);
    expect((await get(`/tempo/api/traces/${hex(32)}`)).status).toBe(404);
    expect((await get("/tempo/api/traces/zz")).status).toBe(400);
  });

  it("Tempo: searches by TraceQL and by tags, tags and their values", async () => {
    const search = async (query: Record<string, string>) => {
      const answer = await get(`/tempo/api/search?${new URLSearchParams(query).toString()}`);
      const { traces } = (await answer.json()) as { traces: { traceID: string }[] };
      return traces.map(({ traceID }) => traceID);
    };
    expect(await search({ q: '{ .http.route = "/grafana" && status = error }' })).toEqual([
      traceId,
    ]);
    expect(await search({ tags: 'http.route="/grafana"', minDuration: "200ms" })).toEqual([
      traceId,
    ]);
    expect(await search({ tags: "http.route=/grafana", maxDuration: "200ms" })).toEqual([]);
    expect(await search({ q: "{ name = `GET /grafana` }", start: "1", end: "2" })).toEqual([]);
    const wrong = await get(`/tempo/api/search?q=${encodeURIComponent("{ foo }")}`);
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain('"foo" is no field');

    const tags = await (await get("/tempo/api/v2/search/tags?scope=span")).json();
    expect(tags).toEqual({
      scopes: [{ name: "span", tags: expect.arrayContaining(["http.route"]) }],
    });
    const values = async (name: string) =>
      (await get(`/tempo/api/v2/search/tag/${name}/values`)).json();
    expect(await values(".http.route")).toEqual({
      tagValues: [{ type: "string", value: "/grafana" }],
    });
    expect(await values("status")).toMatchObject({
      tagValues: expect.arrayContaining([{ type: "keyword", value: "error" }]),
    });
    const old = await (await get("/tempo/api/search/tag/service.name/values")).json();
    expect(old).toEqual({ tagValues: expect.arrayContaining(["cart"]) });
  });

  it("Jaeger: services, operations, searches, dependencies", async () => {
    const ask = async (path: string) => (await (await get(`/jaeger/api${path}`)).json()) as object;
    expect(await ask("/services")).toMatchObject({ data: expect.arrayContaining(["cart"]) });
    expect(await ask("/services/cart/operations")).toMatchObject({
      data: expect.arrayContaining(["GET /grafana"]),
    });
    const found = await ask(
      `/traces?service=cart&operation=${encodeURIComponent("GET /grafana")}&tags=${encodeURIComponent('{"error":"true"}')}&minDuration=200ms&limit=5`,
    );
    expect(found).toMatchObject({ data: [{ traceID: traceId }], errors: null });
    expect(await ask(`/dependencies?endTs=${Date.now()}&lookback=3600000`)).toMatchObject({
      errors: null,
    });
    const wrong = await get("/jaeger/api/traces?service=cart&tags=x");
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ errors: [{ code: 400 }] });
    expect((await get(`/jaeger/api/traces/${hex(32)}`)).status).toBe(404);
  });
});

describe("a request", () => {
  it("is stored once however often it is sent, gzip or not", async () => {
    const body = otlp(plain());
    const packed = new Uint8Array(gzipSync(body));
    expect((await push("/v1/traces", body)).status).toBe(200);
    expect((await push("/v1/traces", packed, { "content-encoding": "gzip" })).status).toBe(200);
    await Promise.all([push("/v1/traces", body), push("/v1/traces", body)]);
    expect(stored).toHaveLength(1);
  });

  it("is taken for what of it can be, and told what cannot", async () => {
    const spans = [
      plain(),
      { ...plain(), traceId: "xyz" },
      { ...plain(), startTimeUnixNano: "1000" },
      { ...plain(), attributes: [{ key: "a", value: { stringValue: "x".repeat(6000) } }] },
    ];
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const answer = await push("/v1/traces", body);
    expect(answer.status).toBe(200);
    const { partialSuccess } = (await answer.json()) as {
      partialSuccess: { errorMessage: string };
    };
    expect(partialSuccess).toMatchObject({ rejectedSpans: "3" });
    expect(partialSuccess.errorMessage).toMatch(/"xyz".*too old.*6001 characters/);
    expect(stored).toHaveLength(1);
  });

  it("has its secrets masked", async () => {
    const attributes = [
      { key: "url.full", value: { stringValue: "https://x/?password=hunter2" } },
      { key: "card", value: { stringValue: "4111 1111 1111 1111" } },
    ];
    await push("/v1/traces", otlp({ ...plain(), attributes }));
    expect(stored[0]?.attributes).toEqual({
      "url.full": "https://x/?password=<masked:secret>",
      card: "<masked:card>",
    });
  });

  it.each([
    ["/v1/traces", "{", "application/json", 400],
    ["/v1/traces", '{"resourceSpans":{}}', "application/json", 400],
    ["/v1/traces", "{}", "text/plain", 415],
    ["/v1/traces", "\u0001\u0002", "application/x-protobuf", 400],
    ["/api/v2/spans", "{}", "application/json", 400],
    ["/api/v2/spans", "[1]", "application/json", 400],
    ["/v1/traces", " ".repeat(300_000), "application/json", 413],
  ])("%s refuses %.20j as %s with %i", async (path, body, type, status) => {
    const answer = await push(path, body, { "content-type": type });
    expect(answer.status).toBe(status);
    expect(stored).toEqual([]);
  });

  it("is told to come again when the store cannot", async () => {
    failure = new StoreError("store_unavailable", "the engine is away");
    const answer = await push("/v1/traces", otlp(plain()));
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("2");
    expect(await answer.json()).toEqual({ code: 14, message: "the engine is away" });
  });

  it("needs a key, and answers any bytes within its protocol's errors", async () => {
    const refused = await push("/v1/traces", "{}", { authorization: "Bearer nobody" });
    expect(refused.status).toBe(401);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("/v1/traces", "/api/v2/spans"),
        fc.constantFrom("application/json", "application/x-protobuf"),
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((text) => new TextEncoder().encode(`{"resourceSpans":[${text}]}`)),
          fc.json().map((text) => new TextEncoder().encode(`[${text}]`)),
        ),
        async (path, type, body) => {
          const answer = await push(path, new Uint8Array(body), { "content-type": type });
          expect([200, 202, 400, 415]).toContain(answer.status);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("the own API", () => {
  const at = Math.floor(Date.now() / 1000) * 1000 - 60_000;
  const ms = (offset: number) => BigInt(at + offset) * 1_000_000n;
  const id = hex(32);
  const range = `start=${new Date(at - 1000).toISOString()}&end=${new Date(at + 10_000).toISOString()}`;
  const span = (given: Partial<Span>): Span => ({
    traceId: id,
    spanId: hex(16),
    parentId: "",
    service: "till",
    name: "POST /pay",
    kind: "server",
    startNs: ms(0),
    durationNs: 900_000_000n,
    status: "error",
    statusMessage: "",
    scope: "http",
    resource: { region: "eu" },
    attributes: { "http.route": "/pay" },
    events: [],
    links: [],
    ...given,
  });
  const root = span({
    events: [{ timeNs: ms(5), name: "exception", attributes: { "exception.type": "Refused" } }],
    links: [{ traceId: hex(32), spanId: hex(16), attributes: { why: "retry" } }],
  });
  const child = span({
    parentId: root.spanId,
    service: "bank",
    name: "charge",
    startNs: ms(10) + 7n,
    durationNs: 5_000_001n,
    status: "ok",
    attributes: {},
  });
  const body = async (path: string, status = 200) => {
    const response = await get(`/api/traces${path}`);
    const answer = (await response.json()) as Record<string, unknown>;
    expect({ status: response.status, answer }).toMatchObject({ status });
    return answer;
  };

  const linksOf = (of?: Span) => {
    const [from, to] = [at - 60_000, at + 61_000].map((time) => Math.floor(time / 1000) * 1000);
    const second = (time: number) => new Date(time).toISOString().replace(".000Z", "Z");
    return {
      trace: `/explore/traces/${id}${of === undefined ? "" : `?span=${of.spanId}`}`,
      logs: `/explore/logs?${new URLSearchParams({
        q: `{service_name=~".+"} | trace_id="${id}"${of === undefined ? "" : ` | span_id="${of.spanId}"`}`,
        from: second(from ?? 0),
        to: second(to ?? 0),
      }).toString()}`,
    };
  };

  beforeAll(() => telemetry.spans.write({ spans: [root, child] }));

  it("finds traces by fields and by TraceQL, and says what was asked", async () => {
    const fields =
      "service=till&operation=POST%20/pay&status=error&minDuration=0.5s&maxDuration=2s&attributes=http.route%3D%22/pay%22%20region%3Deu";
    const query =
      '{ resource.service.name = "till" && name = "POST /pay" && status = error && .http.route = "/pay" && .region = "eu" && duration >= 500000000ns && duration <= 2000000000ns }';
    const found = await body(`?${range}&${fields}`);
    expect(found).toEqual({
      query,
      more: false,
      traces: [
        {
          traceId: id,
          service: "till",
          name: "POST /pay",
          start: new Date(at).toISOString(),
          durationNs: 900_000_000,
          spans: 2,
          errors: 1,
          services: ["bank", "till"],
          matched: 1,
          found: [
            {
              spanId: root.spanId,
              service: "till",
              name: "POST /pay",
              start: new Date(at).toISOString(),
              durationNs: 900_000_000,
              links: linksOf(root),
            },
          ],
          links: linksOf(),
        },
      ],
    });
    expect(await body(`?${range}&q=${encodeURIComponent(query)}&limit=1`)).toEqual({
      ...found,
      more: true,
    });
  });

  it("gives a trace whole, its resources once", async () => {
    const { resources, spans, ...whole } = await body(`/${id.replace(/^0+/, "")}`);
    expect(whole).toEqual({
      traceId: id,
      start: new Date(at).toISOString(),
      startNs: String(ms(0)),
      durationNs: 900_000_000,
      cut: false,
      links: linksOf(),
    });
    expect(resources).toEqual([{ region: "eu" }]);
    expect(spans).toMatchObject([
      {
        spanId: root.spanId,
        offsetNs: 0,
        resource: 0,
        events: [{ offsetNs: 5_000_000, name: "exception" }],
        links: [{ attributes: { why: "retry" } }],
        logs: linksOf(root).logs,
      },
      { parentId: root.spanId, offsetNs: 10_000_007, durationNs: 5_000_001, resource: 0 },
    ]);
    expect(await body(`/${hex(32)}`, 404)).toMatchObject({ code: "trace_not_found" });
  });

  it("tells services, operations, durations over time and what slow spans have", async () => {
    const map = await body(`/service-map?${range}`);
    expect(map).toMatchObject({ seconds: 11, oneIn: 1 });
    const ranked = await body(`/operations?${range}&service=till&sort=errors`);
    expect(ranked).toMatchObject({
      operations: [{ service: "till", name: "POST /pay", calls: 1, errors: 1, totalNs: 9e8 }],
    });
    expect(await body(`/names?${range}&service=bank`)).toMatchObject({
      services: expect.arrayContaining(["bank", "till"]) as unknown,
      operations: [{ name: "charge", kind: "server" }],
    });
    const durations = await body(`/durations?${range}&service=till&steps=11`);
    expect(durations).toMatchObject({ spans: 1, errors: 1, cells: [{ step: 1, errors: 1 }] });
    const [{ fromNs } = { fromNs: 0 }] = durations["cells"] as { fromNs: number }[];
    expect(fromNs).toBeLessThanOrEqual(9e8);
    expect(fromNs * Math.SQRT2).toBeGreaterThan(9e8);
    expect(
      await body(`/comparison?${range}&attributes=region%3Deu&slowerThan=500ms`),
    ).toMatchObject({ thresholdNs: 5e8, slow: 1, normal: 1 });
  });

  it.each([
    ["?q=%7B%20name%20%3D%20%7D", "traceql_refused", "(at position 10)"],
    ["?q=%7B%7D&service=a", "request_invalid", "service: cannot stand beside q"],
    ["?minDuration=5", "request_invalid", "minDuration: must be a duration"],
    ["?attributes=a%3Db%20c", "request_invalid", '"c" is not of the form name=value'],
    ["?limit=501", "request_invalid", "limit"],
    ["/xyz", "request_invalid", "hexadecimal"],
    ["/operations?sort=name", "request_invalid", "sort"],
    [
      "/service-map?start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z",
      "request_invalid",
      "start: must be before end",
    ],
  ])("refuses %s", async (path, code, message) => {
    const answer = await body(path, 400);
    expect(answer).toMatchObject({ code });
    expect(answer["detail"]).toContain(message);
  });
});
