import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import { systemClock } from "../../model/index.ts";
import { createLogsQuery, createLogTail } from "../../query/index.ts";
import { createLogReceiver } from "../../receive/index.ts";
import { createSelfMetrics } from "../../self/index.ts";
import { openTelemetry } from "../../store/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { logPushRoutes } from "../push/log-routes.ts";
import { lokiRoutes } from "./routes.ts";

const end = Math.floor(Date.now() / 1000) * 1000;
const ns = (ms: number) => String(BigInt(ms) * 1_000_000n);
let dir: string;
let telemetry: Telemetry;
let server: TestServer;
let reader: string;
let sender: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "seaworthy-loki-"));
  telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
  const logs = createLogsQuery({ telemetry });
  const tail = createLogTail(telemetry.logs);
  const metrics = createSelfMetrics("test");
  const receiver = createLogReceiver({ logs: tail.logs, clock: systemClock, metrics });
  server = await testServer({
    routes: [
      logPushRoutes(receiver),
      lokiRoutes({ logs, tail, clock: systemClock, version: "0.0.0-test" }),
    ],
  });
  [reader, sender] = [await server.token("read"), await server.token("ingest")];
  await push({ app: "shop", env: "prod" }, [
    [ns(end - 3000), '{"status":200,"took":"5ms","user":"ann"}', { trace_id: "t1" }],
    [ns(end - 2000), '{"status":500,"took":"15ms","user":"bob"}', { trace_id: "t2" }],
  ]);
  await push({ app: "cart" }, [[ns(end - 1000), "level=warn msg=slow n=3"]]);
});
afterAll(async () => {
  await server.close();
  await telemetry.close();
  await rm(dir, { recursive: true, force: true });
});

async function push(stream: object, values: readonly unknown[]): Promise<void> {
  const sent = await fetch(`${server.url}/loki/api/v1/push`, {
    method: "POST",
    headers: { authorization: `Bearer ${sender}`, "content-type": "application/json" },
    body: JSON.stringify({ streams: [{ stream, values }] }),
  });
  expect(sent.status).toBe(204);
}

function get(
  path: string,
  parameters: Record<string, string> = {},
  headers = {},
): Promise<Response> {
  const query = new URLSearchParams(parameters).toString();
  return fetch(`${server.url}/loki/api/v1${path}?${query}`, {
    headers: { authorization: `Bearer ${reader}`, ...headers },
  });
}

async function data(path: string, parameters: Record<string, string> = {}, headers = {}) {
  const answer = await get(path, parameters, headers);
  expect(answer.status).toBe(200);
  const { data: found } = (await answer.json()) as { data: unknown };
  return found;
}

describe("queries as Grafana and logcli ask them", () => {
  it("answer lines by their labels, newest first", async () => {
    expect(await data("/query_range", { query: '{app="shop"}', limit: "10" })).toMatchObject({
      resultType: "streams",
      result: [
        {
          stream: {
            app: "shop",
            env: "prod",
            service_name: "shop",
            detected_level: "unknown",
            trace_id: "t2",
          },
          values: [[ns(end - 2000), '{"status":500,"took":"15ms","user":"bob"}']],
        },
        { stream: { trace_id: "t1" } },
      ],
    });
  });

  it("tell labels, metadata and fields apart when they are asked to", async () => {
    const flags = { "x-loki-response-encoding-flags": "categorize-labels" };
    expect(
      await data("/query_range", { query: '{app="shop"} | json | status=500' }, flags),
    ).toMatchObject({
      encodingFlags: ["categorize-labels"],
      result: [
        {
          stream: { app: "shop", env: "prod", service_name: "shop" },
          values: [
            [
              ns(end - 2000),
              '{"status":500,"took":"15ms","user":"bob"}',
              {
                structuredMetadata: { trace_id: "t2", detected_level: "unknown" },
                parsed: { status: "500", took: "15ms", user: "bob" },
              },
            ],
          ],
        },
      ],
    });
  });

  it("say where each line leads when they are asked to", async () => {
    const query = '{app="shop"} | json | status=500';
    const flags = { "x-loki-response-encoding-flags": "categorize-labels,links" };
    const around = expect.stringMatching(/^\/explore\/logs\?q=%7Bapp%3D%22shop%22%2C/) as unknown;
    const linked = await data("/query_range", { query }, flags);
    expect(linked).toMatchObject({
      encodingFlags: ["categorize-labels", "links"],
      result: [{ values: [[{}, {}, { parsed: { user: "bob" }, links: { around } }]] }],
    });
    // "t2" is the id of no trace.
    expect(JSON.stringify(linked)).not.toContain("/explore/traces/");
    expect(await data("/query_range", { query, encoding_flags: "links" })).toMatchObject({
      encodingFlags: ["links"],
      result: [{ values: [[{}, {}, { links: { around } }]] }],
    });
  });

  it("answer series over time and at a moment", async () => {
    const query = 'sum by (app) (count_over_time({app=~".+"}[1m]))';
    const matrix = await data("/query_range", {
      query,
      start: String(end / 1000 - 60),
      end: String(end / 1000),
      step: "60",
    });
    expect(matrix).toMatchObject({
      resultType: "matrix",
      result: [
        { metric: { app: "cart" }, values: [[end / 1000, "1"]] },
        { metric: { app: "shop" }, values: [[end / 1000, "2"]] },
      ],
    });
    expect(await data("/query", { query, time: ns(end) })).toMatchObject({
      resultType: "vector",
      result: [
        { metric: { app: "cart" }, value: [end / 1000, "1"] },
        { metric: { app: "shop" }, value: [end / 1000, "2"] },
      ],
    });
    expect(await data("/query", { query: "1 + 1" })).toMatchObject({ resultType: "scalar" });
  });

  it("are taken as forms, too", async () => {
    const answer = await fetch(`${server.url}/loki/api/v1/query_range`, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(`any:${reader}`).toString("base64")}` },
      body: new URLSearchParams({ query: '{app="cart"} |= "slow"', direction: "forward" }),
    });
    expect(await answer.json()).toMatchObject({
      data: { result: [{ values: [[ns(end - 1000), "level=warn msg=slow n=3"]] }] },
    });
  });

  it.each([
    ["/query_range", { query: '{app="shop"' }, 400, "parse error at line 1, col 12"],
    ["/query_range", {}, 400, "query is empty"],
    ["/query_range", { query: '{app="a"}', limit: "5001" }, 400, "max entries limit"],
    ["/query_range", { query: '{app="a"}', limit: "x" }, 400, "limit must be a whole number"],
    ["/query_range", { query: '{app="a"}', start: "2", end: "1" }, 400, "end timestamp"],
    ["/query_range", { query: '{app="a"}', start: "soon" }, 400, 'could not parse "soon"'],
    ["/query_range", { query: '{app="a"}', direction: "up" }, 400, "invalid direction"],
    ["/query_range", { query: 'rate({app="a"}[1m])', step: "0" }, 400, "zero or negative"],
    [
      "/query_range",
      { query: 'rate({app="a"}[1m])', start: "1", end: "100000", step: "1" },
      422,
      "maximum resolution",
    ],
    ["/query", { query: '{app="a"}' }, 400, "not supported as an instant query"],
    ["/query", { query: 'sum(rate({app="cart"} | json [1m]))' }, 400, "JSONParserErr"],
    ["/tail", { query: '{app="a"}' }, 400, "WebSocket"],
  ])("refuse %s %o", async (path, parameters: Record<string, string>, status, reason) => {
    const answer = await get(path, parameters);
    expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(reason)]);
    expect(answer.headers.get("content-type")).toContain("text/plain");
  });

  it("are for readers", async () => {
    const answer = await get("/labels", {}, { authorization: `Bearer ${sender}` });
    expect(answer.status).toBe(403);
  });

  it("answer any query within their errors", async () => {
    const piece = fc.constantFrom(
      '{app="shop"}',
      "|=",
      '"x"',
      "| json",
      "| status > 5",
      "rate(",
      "[5m]",
      ")",
      "sum",
      "é",
      "| drop a",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const answer = await get("/query_range", { query: pieces.join(" ") });
        await answer.text();
        expect([200, 400, 422]).toContain(answer.status);
      }),
      { numRuns: 100 },
    );
  });
});

describe("what there is", () => {
  it("names labels, values and series", async () => {
    expect(await data("/labels")).toEqual(["app", "env", "service_name"]);
    expect(await data("/label/app/values")).toEqual(["cart", "shop"]);
    expect(await data("/label/app/values", { query: '{env="prod"} |= "}" | json' })).toEqual([
      "shop",
    ]);
    expect(await data("/series", { "match[]": '{app="cart"}' })).toEqual([
      { app: "cart", service_name: "cart" },
    ]);
  });

  it("tells sizes", async () => {
    const stats: unknown = await (await get("/index/stats", { query: '{app=~".+"}' })).json();
    expect(stats).toEqual({ streams: 2, chunks: expect.any(Number), entries: 3, bytes: 104 });
    expect(await data("/index/volume", { query: '{app=~".+"}' })).toMatchObject({
      resultType: "vector",
      result: [
        { metric: { app: "shop" }, value: [expect.any(Number), "81"] },
        { metric: { app: "cart" }, value: [expect.any(Number), "23"] },
      ],
    });
    expect(
      await data("/index/volume_range", {
        query: '{app="cart"}',
        step: "3600",
        targetLabels: "service_name",
      }),
    ).toMatchObject({ resultType: "matrix", result: [{ metric: { service_name: "cart" } }] });
  });

  it("detects fields and labels", async () => {
    const found: unknown = await (await get("/detected_fields", { query: '{app="shop"}' })).json();
    expect(found).toMatchObject({
      fields: expect.arrayContaining([
        { label: "status", type: "int", cardinality: 2, parsers: ["json"] },
        { label: "took", type: "duration", cardinality: 2, parsers: ["json"] },
        { label: "trace_id", type: "string", cardinality: 2, parsers: [] },
      ]) as unknown,
    });
    const values: unknown = await (
      await get("/detected_field/user/values", { query: '{app="shop"}' })
    ).json();
    expect(values).toMatchObject({ values: ["bob", "ann"] });
    const labels: unknown = await (await get("/detected_labels")).json();
    expect(labels).toMatchObject({ detectedLabels: [{ label: "app", cardinality: 2 }, {}, {}] });
  });
});

it("shows lines as they come, on a WebSocket", async () => {
  const url = `${server.url.replace("http", "ws")}/loki/api/v1/tail?${new URLSearchParams({ query: '{app="live"} |= "yes"', start: ns(end - 60_000), encoding_flags: "categorize-labels" }).toString()}`;
  await push({ app: "live" }, [[ns(end), "yes, before", { user: "ann" }]]);
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${reader}` } });
  const next = async () =>
    JSON.parse(String(((await once(socket, "message")) as unknown[])[0])) as unknown;
  expect(await next()).toMatchObject({
    streams: [
      {
        stream: { app: "live" },
        values: [[ns(end), "yes, before", { structuredMetadata: { user: "ann" } }]],
      },
    ],
  });
  const following = next();
  await push({ app: "live" }, [
    [ns(end + 1), "no"],
    [ns(end + 2), "yes, live"],
  ]);
  expect(await following).toMatchObject({
    streams: [{ stream: { app: "live" }, values: [[ns(end + 2), "yes, live", {}]] }],
    dropped_entries: null,
  });
  socket.close();
  await once(socket, "close");

  const refused = new WebSocket(url.replace("live", "li\u0022ve"), {
    headers: { authorization: "Bearer no" },
  });
  const [error] = (await once(refused, "error")) as [Error];
  expect(error.message).toContain("401");
});

it("lets only its own pages open a WebSocket with what a browser sends by itself", async () => {
  const url = `${server.url.replace("http", "ws")}/loki/api/v1/tail?${new URLSearchParams({ query: '{app="shop"}' }).toString()}`;
  const cookie = await server.session();
  const basic = `Basic ${Buffer.from(`grafana:${reader}`).toString("base64")}`;
  const open = async (headers: Record<string, string>) => {
    const socket = new WebSocket(url, { headers });
    const opened = await new Promise<string>((resolve) => {
      socket.once("open", () => resolve("open"));
      socket.once("error", ({ message }) => resolve(message));
    });
    socket.terminate();
    return opened;
  };
  const refused = "Unexpected server response: 403";
  const other = "http://evil.example";
  expect(await open({ cookie, origin: other })).toBe(refused);
  expect(await open({ cookie, origin: "null" })).toBe(refused);
  expect(await open({ cookie, "sec-fetch-site": "cross-site" })).toBe(refused);
  expect(await open({ cookie })).toBe(refused);
  expect(await open({ authorization: basic, origin: other })).toBe(refused);
  expect(await open({ cookie, origin: server.url })).toBe("open");
  expect(await open({ cookie, origin: server.url, "sec-fetch-site": "same-origin" })).toBe("open");
  expect(await open({ authorization: basic })).toBe("open");
  expect(await open({ authorization: `Bearer ${reader}`, origin: other })).toBe("open");
});

describe("patterns", () => {
  it("are the shapes of lines with their numbers over time, as Loki answers them", async () => {
    const from = end - 20_000;
    const values = Array.from({ length: 30 }, (_, i) => [
      ns(from + i * 10),
      i % 3 === 0
        ? `level=warn slow query took ${i}ms`
        : `level=info GET /cart/${i} from 10.0.0.${i}`,
    ]);
    await push({ app: "patterned" }, values);
    const asked = { start: ns(from - 60_000), end: ns(end), step: "60" };
    const found = (await data("/patterns", { query: '{app="patterned"}', ...asked })) as {
      samples: [number, number][];
    }[];
    expect(found).toMatchObject([
      { pattern: "level=info GET /cart/<_> from <_>", level: "info" },
      { pattern: "level=warn slow query took <_>", level: "warn" },
    ]);
    const sums = found.map(({ samples }) => samples.reduce((sum, [, count]) => sum + count, 0));
    expect(sums).toEqual([20, 10]);
    expect(found[0]?.samples.every(([at]) => at % 60 === 0)).toBe(true);
    const filtered = { query: '{app="patterned"} |= "slow" | detected_level="warn"', ...asked };
    expect(await data("/patterns", filtered)).toHaveLength(1);
    expect(await data("/patterns", { query: '{app="none"}', ...asked })).toEqual([]);
  });

  it.each([
    ['{app="shop"} | json', "leave parsers out"],
    ['rate({app="shop"}[1m])', "not for metric queries"],
  ])("are refused for %s", async (query, reason) => {
    const answer = await get("/patterns", { query });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(reason)]);
  });
});
