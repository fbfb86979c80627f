/** What a service does beside answering requests: WebSockets, calls to others, tenants. */
import { once } from "node:events";
import {
  Agent,
  type ClientRequest,
  createServer,
  get as httpGet,
  request as httpRequest,
  type IncomingMessage,
} from "node:http";
import { connect, type AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { announcesItself } from "../src/calls/created.ts";
import { seaworthy } from "../src/node-http.ts";
import { closeServer, kitFor, listen, startExpress5, type TestApp } from "./apps.ts";
import { Collector } from "./collector.ts";
import { Exposition, scrape } from "./exposition.ts";

let collector: Collector;
let called: TestApp;
beforeEach(async () => {
  collector = await Collector.start();
  called = await startExpress5({ export: target() });
});
afterEach(async () => {
  await called.kit.shutdown();
  await called.close();
  await collector.close();
});

const target = () => ({ url: collector.url, key: "test-key" });

test("counts open WebSocket connections, each once, whoever accepts them", async () => {
  const { kit } = kitFor({});
  const watch = seaworthy({ kit });
  const server = createServer(watch((_request, response) => void response.end()));
  const sockets = new WebSocketServer({ server });
  const url = await listen(server);
  const open = async () => (await scrape(url)).value("websocket_connections");
  const clients: WebSocket[] = [];
  try {
    // The first request shows the kit its server; ws is told of as well, and counts no second time.
    expect(await open()).toBe(0);
    kit.webSockets(sockets);
    for (let index = 0; index < 3; index += 1)
      clients.push(new WebSocket(url.replace("http", "ws")));
    await Promise.all(clients.map((client) => once(client, "open")));
    expect(await open()).toBe(3);
    clients[0]?.terminate();
    await vi.waitFor(async () => expect(await open()).toBe(2), { timeout: 30_000 });
    for (const client of clients) client.terminate();
    await vi.waitFor(async () => expect(await open()).toBe(0), { timeout: 30_000 });
  } finally {
    for (const client of clients) client.terminate();
    sockets.close();
    await closeServer(server);
  }
});

test("a server that has nobody for upgrades answers them, and counts those of who comes later", async () => {
  const { kit } = kitFor({});
  const server = createServer(seaworthy({ kit })((_request, response) => void response.end("no")));
  const url = await listen(server);
  const open = async () => (await scrape(url)).value("websocket_connections");
  const upgrade = { connection: "upgrade", upgrade: "websocket", "sec-websocket-key": "a" };
  const ask = async () => {
    const request = httpRequest(url, { headers: { ...upgrade, "sec-websocket-version": "13" } });
    request.end();
    return once(request, "response").then(([response]) => (response as IncomingMessage).statusCode);
  };
  try {
    expect(await open()).toBe(0);
    expect(await ask()).toBe(200);
    const sockets = new WebSocketServer({ server });
    const client = new WebSocket(url.replace("http", "ws"));
    await once(client, "open");
    expect(await open()).toBe(1);
    client.terminate();
    await vi.waitFor(async () => expect(await open()).toBe(0), { timeout: 30_000 });
    // Its listener goes with it, and the server is as before.
    sockets.close();
    expect(await ask()).toBe(200);
  } finally {
    await closeServer(server);
  }
});

/** A call by `node:http`, as axios and others make it. */
async function get(url: string): Promise<number | undefined> {
  const request = httpRequest(url).end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

test("counts and times calls to other services, by host and status", async () => {
  const { kit } = kitFor({ export: target() });
  const { host } = new URL(called.url);
  const gone = createServer();
  const nobody = await listen(gone);
  await closeServer(gone);
  await kit.span("work", async () => {
    await (await fetch(`${called.url}/items/1?secret=x`)).text();
    expect(await get(`${called.url}/items/2?secret=x`)).toBe(200);
    expect(await get(`${called.url}/fail`)).toBe(500);
    await expect(fetch(nobody)).rejects.toThrow("fetch failed");
  });
  await (await fetch(`${called.url}/nowhere`, { method: "POST" })).text();
  await kit.shutdown(5_000);
  const metrics = new Exposition(await kit.registry.metrics());
  const calls = (labels: Record<string, string>) =>
    metrics.value("http_client_requests_total", labels);
  expect(calls({ host, method: "GET", status: "200" })).toBe(2);
  expect(calls({ host, method: "GET", status: "500" })).toBe(1);
  expect(calls({ host, method: "POST", status: "404" })).toBe(1);
  expect(calls({ host: new URL(nobody).host, method: "GET", status: "error" })).toBe(1);
  const durations = metrics.value("http_client_request_duration_seconds_count", {
    host,
    status: "200",
  });
  expect(durations).toBe(2);
  // What the kit sends is not the service's.
  expect(metrics.labelValues("http_client_requests_total", "host")).not.toContain(
    new URL(collector.url).host,
  );
  const spans = collector.spans.filter(({ kind }) => kind === 3);
  expect(new Set(spans.map(({ attributes }) => attributes["url.full"]))).toEqual(
    new Set([`${nobody}/`, `${called.url}/fail`, `${called.url}/items/1`, `${called.url}/items/2`]),
  );
  expect(spans).toHaveLength(4);
});

test("tells who is called by node:http of the trace, however the call is made", async () => {
  const { kit } = kitFor({ export: target() });
  const bare = createServer({ requireHostHeader: false }, (request, response) => {
    response.end(String(request.headers["traceparent"]));
  });
  const url = await listen(bare);
  const told = async (request: ClientRequest): Promise<string> => {
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return text(response);
  };
  // Written to by another context than the one that makes it, as a proxy that pipes does.
  const gate = new PassThrough();
  const ways: Record<string, () => ClientRequest> = {
    request: () => httpRequest(url).end(),
    get: () => httpGet(url),
    "an agent of its own": () => httpRequest(url, { agent: new Agent({ keepAlive: false }) }).end(),
    "no agent": () => httpRequest(url, { agent: false }).end(),
    "a connection of its own": () => {
      const { hostname, port } = new URL(url);
      return httpRequest(url, {
        createConnection: () => connect(Number(port), hostname),
      }).end();
    },
    "no other header": () => httpRequest(url, { agent: false, setHost: false }).end(),
    piped: () => gate.pipe(httpRequest(url, { method: "POST" })),
    "flushed early": () => {
      const request = httpRequest(url);
      request.flushHeaders();
      return request.end();
    },
  };
  try {
    const calls = kit.span("work", (span) =>
      Object.values(ways).map((make) => ({ traceId: span.traceId, answer: told(make()) })),
    );
    gate.end("body");
    const answers = await Promise.all(calls.map(({ answer }) => answer));
    await kit.shutdown(5_000);
    const spans = collector.spans.filter(({ kind }) => kind === 3);
    expect(spans).toHaveLength(answers.length);
    expect(new Set(answers)).toEqual(
      new Set(spans.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`)),
    );
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(
      new Set(calls.map(({ traceId }) => traceId)),
    );
    // A header of the caller's own is left alone, and after the shutdown nothing is added.
    const own = { headers: { traceparent: "theirs" } };
    expect(await told(httpRequest(url, own).end())).toBe("theirs");
    expect(await kit.span("later", () => told(httpGet(url)))).toBe("undefined");
  } finally {
    await closeServer(bare);
  }
});

test("knows from which version on Node announces requests itself", () => {
  const versions = ["20.19.0", "22.11.9", "22.12.0", "23.0.0", "24.1.0"];
  expect(versions.map(announcesItself)).toEqual([false, false, true, true, true]);
});

test("hosts beyond the limit share one series", async () => {
  const { kit } = kitFor({});
  const server = createServer((_request, response) => void response.end());
  // Every address of 127.0.0.0/8 is this machine.
  await once(server.listen(0), "listening");
  const { port } = server.address() as AddressInfo;
  try {
    for (let host = 1; host <= 105; host += 1) await get(`http://127.0.0.${host}:${port}/`);
    const metrics = new Exposition(await kit.registry.metrics());
    const hosts = metrics.labelValues("http_client_requests_total", "host");
    expect(hosts.size).toBe(101);
    expect(
      metrics.value("http_client_requests_total", {
        host: "overflow",
        method: "overflow",
        status: "overflow",
      }),
    ).toBe(5);
    expect(
      metrics.value("seaworthy_sdk_overflow_total", { metric: "http_client_requests_total" }),
    ).toBe(5);
  } finally {
    await kit.shutdown();
    await closeServer(server);
  }
});

test("tenants are counted once a request, by name up to a limit, and tag errors", async () => {
  const { kit } = kitFor({ export: target() });
  const of = (tenant: string, more = () => {}) =>
    kit.span("request", () => {
      kit.setTenant(tenant);
      kit.setTenant(tenant);
      more();
    });
  of("acme", () => kit.captureException(new Error("no")));
  of("acme");
  for (let tenant = 0; tenant < 250; tenant += 1) of(`t-${tenant}`);
  await kit.shutdown(5_000);
  const metrics = new Exposition(await kit.registry.metrics());
  expect(metrics.value("tenant_requests_total", { tenant: "acme" })).toBe(2);
  expect(metrics.value("active_tenants_total")).toBe(251);
  expect(metrics.labelValues("tenant_requests_total", "tenant").size).toBe(201);
  expect(metrics.value("tenant_requests_total", { tenant: "overflow" })).toBe(51);
  const [event] = collector.logs.filter(({ eventName }) => eventName === "exception");
  expect(event?.attributes["tag.tenant"]).toBe("acme");
});
