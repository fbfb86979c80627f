import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { startExpress4, startExpress5, startFastify, type TestApp } from "./apps.ts";
import { scrape } from "./exposition.ts";
import {
  startHono,
  startKoa,
  startNestOnExpress,
  startNestOnFastify,
  startNodeHttp,
} from "./other-apps.ts";

const frameworks = [
  ["Fastify 5", startFastify],
  ["Express 5", startExpress5],
  ["Express 4", startExpress4],
  ["node:http", startNodeHttp],
  ["Koa", startKoa],
  ["Hono", startHono],
  ["Nest on Express", startNestOnExpress],
  ["Nest on Fastify", startNestOnFastify],
] as const;

const made = /^[0-9A-Za-z]{12}$/;

describe.each(frameworks)("%s", (_name, start) => {
  let app: TestApp;
  afterEach(() => app.close());

  /** Sends a request and waits until the service has recorded it. */
  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(app.url + path, init);
    await app.logs.request(response.headers.get("x-request-id") ?? "none");
    return response;
  }

  test("counts requests by method, route template and status", async () => {
    app = await start();
    await send("/items/1");
    await send("/items/2?secret=x");
    await send("/items", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ a: 1 }),
    });
    const metrics = await scrape(app.url);
    const get = { method: "GET", path: "/items/:id", status: "200" };
    const post = { method: "POST", path: "/items", status: "200" };
    expect(metrics.value("http_requests_total", get)).toBe(2);
    expect(metrics.value("http_requests_total", post)).toBe(1);
    expect(metrics.value("http_request_duration_seconds_count", get)).toBe(2);
    expect(metrics.value("http_request_duration_seconds_bucket", { ...get, le: "+Inf" })).toBe(2);
    expect(metrics.value("http_request_size_bytes_sum", post)).toBe(7);
    expect(metrics.value("http_response_size_bytes_sum", post)).toBeGreaterThan(7);
  });

  test("knows the template of routes below a mount with a parameter", async () => {
    app = await start();
    await send("/shops/12/orders/34");
    await send("/shops/56/orders/78");
    // An error leaves the router before it is answered.
    await send("/shops/56/broken");
    const metrics = await scrape(app.url);
    const get = { method: "GET", path: "/shops/:shop/orders/:order", status: "200" };
    expect(metrics.value("http_requests_total", get)).toBe(2);
    const broken = { method: "GET", path: "/shops/:shop/broken", status: "500" };
    expect(metrics.value("http_requests_total", broken)).toBe(1);
  });

  test("gives one path to all requests that match no route", async () => {
    app = await start();
    for (let index = 0; index < 5; index += 1) await send(`/scan/${index}.php`);
    const metrics = await scrape(app.url);
    const labels = { method: "GET", path: "unmatched", status: "404" };
    expect(metrics.value("http_requests_total", labels)).toBe(5);
    for (const path of metrics.labelValues("http_requests_total", "path"))
      expect(path).not.toContain("scan");
  });

  test("has the counters of each route at zero before its first error", async () => {
    app = await start();
    const metrics = await scrape(app.url);
    for (const path of ["/fail", "/shops/:shop/broken", "/items/:id"])
      for (const status of ["200", "500"])
        expect(metrics.value("http_requests_total", { method: "GET", path, status })).toBe(0);
    const post = { method: "POST", path: "/items", status: "500" };
    expect(metrics.value("http_requests_total", post)).toBe(0);
    expect(metrics.value("auth_attempts_total", { result: "failure" })).toBe(0);
  });

  test("does not count its own endpoints as traffic", async () => {
    app = await start();
    await scrape(app.url);
    for (const path of ["/health", "/health/live", "/health/ready", "/health/detailed"])
      expect((await fetch(app.url + path)).status).toBe(200);
    await send("/items/1");
    const metrics = await scrape(app.url);
    const total = [...metrics.samples]
      .filter(([series]) => series.startsWith("http_requests_total{"))
      .reduce((sum, [, value]) => sum + value, 0);
    expect(total).toBe(1);
    expect(app.logs.lines.filter((line) => "statusCode" in line)).toHaveLength(1);
  });

  test("exposes process metrics and names of its own that parse", async () => {
    app = await start();
    const response = await fetch(`${app.url}/metrics`);
    expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    const text = await response.text();
    for (const name of [
      "process_resident_memory_bytes",
      "process_cpu_seconds_total",
      "nodejs_eventloop_lag_seconds",
      "http_requests_total",
      "http_request_duration_seconds",
      "http_request_size_bytes",
      "http_response_size_bytes",
      "errors_total",
      "auth_attempts_total",
      "database_query_duration_seconds",
      "active_users_total",
      "seaworthy_sdk_errors_total",
    ])
      expect(text).toContain(`# TYPE ${name} `);
    const head = await fetch(`${app.url}/metrics`, { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
  });

  test("counts and logs a handler's error under its name", async () => {
    app = await start();
    const response = await send("/fail", { headers: { "x-request-id": "fail-1" } });
    expect(response.status).toBe(500);
    const line = await app.logs.request("fail-1");
    expect(line).toMatchObject({ level: "error", statusCode: 500, message: "request failed" });
    expect(line["err"]).toMatchObject({ message: "the card was refused" });
    const metrics = await scrape(app.url);
    expect(metrics.value("errors_total", { type: "PaymentError" })).toBe(1);
    const labels = { method: "GET", path: "/fail", status: "500" };
    expect(metrics.value("http_requests_total", labels)).toBe(1);
  });

  test("names an error that comes later, by a rejected promise", async () => {
    app = await start();
    await send("/reject", { headers: { "x-request-id": "reject-1" } });
    const line = await app.logs.request("reject-1");
    expect(line).toMatchObject({ statusCode: 500, message: "request failed" });
    expect(line["err"]).toMatchObject({ message: "the card was refused later" });
    const metrics = await scrape(app.url);
    expect(metrics.value("errors_total", { type: "PaymentError" })).toBe(1);
  });

  test("measures an answer that is streamed", async () => {
    app = await start();
    const response = await send("/stream");
    expect((await response.text()).length).toBe(1_000);
    const line = await app.logs.find(({ url }) => url === "/stream");
    expect(line["statusCode"]).toBe(200);
    const metrics = await scrape(app.url);
    const labels = { method: "GET", path: "/stream", status: "200" };
    const bytes = metrics.value("http_response_size_bytes_sum", labels);
    expect(bytes).toBeGreaterThan(1_000);
    expect(bytes).toBeLessThan(2_000);
  });

  test("continues the caller's trace in its logs", async () => {
    app = await start();
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
    await send("/later", { headers: { traceparent, "x-request-id": "trace-1" } });
    expect((await app.logs.find((line) => line["step"] === "inside"))["traceId"]).toBe(traceId);
    expect((await app.logs.request("trace-1"))["traceId"]).toBe(traceId);
  });

  test("echoes a sane request id and carries it into handlers and logs", async () => {
    app = await start();
    const response = await send("/later", { headers: { "x-request-id": "caller-42" } });
    expect(response.headers.get("x-request-id")).toBe("caller-42");
    expect(await response.json()).toEqual({ requestId: "caller-42" });
    const inside = await app.logs.find((line) => line["step"] === "inside");
    expect(inside).toMatchObject({
      level: "info",
      message: "working",
      service: "test-shop",
      environment: "test",
      requestId: "caller-42",
    });
    expect(new Date(String(inside["timestamp"])).toISOString()).toBe(inside["timestamp"]);
    const line = await app.logs.request("caller-42");
    expect(line).toMatchObject({ method: "GET", url: "/later", statusCode: 200 });
    expect(line["duration"]).toBeTypeOf("number");
  });

  test("keeps the request id while a body is read, and between concurrent requests", async () => {
    app = await start();
    const ids = Array.from({ length: 20 }, (_, index) => `concurrent-${index}`);
    const answers = await Promise.all(
      ids.map(async (id) => {
        const response = await send("/items", {
          method: "POST",
          headers: { "content-type": "application/json", "x-request-id": id },
          // Longer than one read from the connection.
          body: JSON.stringify({ text: "x".repeat(90_000) }),
        });
        return ((await response.json()) as { requestId: unknown }).requestId;
      }),
    );
    expect(answers).toEqual(ids);
  });

  test("replaces a request id that is not sane", async () => {
    app = await start();
    for (const bad of ["a b", "x".repeat(129), "<script>", "a,b", "-dash", "ü"]) {
      const response = await send("/items/1", {
        headers: { "x-request-id": Buffer.from(bad).toString("latin1") },
      });
      expect(response.headers.get("x-request-id")).toMatch(made);
    }
  });

  test("records a request whose caller went away as 499", async () => {
    app = await start();
    const call = httpRequest(`${app.url}/hang`, { headers: { "x-request-id": "gone" } });
    call.on("error", () => {});
    const reached = new Promise<void>((resolve) => {
      call.on("socket", (socket) => socket.on("connect", () => resolve()));
    });
    call.end();
    await reached;
    // The service has the request once it has answered one sent after it on the same loop.
    await send("/items/1");
    call.destroy();
    const line = await app.logs.request("gone");
    expect(line["statusCode"]).toBe(499);
    const metrics = await scrape(app.url);
    const labels = { method: "GET", path: "/hang", status: "499" };
    expect(metrics.value("http_requests_total", labels)).toBe(1);
  });

  test("folds methods nobody knows into one", async () => {
    app = await start();
    const { port } = new URL(app.url);
    for (const method of ["PROPFIND", "MKCOL"]) {
      const socket = connect(Number(port), "127.0.0.1");
      socket.end(
        `${method} /x HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-request-id: m-${method}\r\n\r\n`,
      );
      socket.resume();
      await once(socket, "close");
      await app.logs.request(`m-${method}`);
    }
    const metrics = await scrape(app.url);
    expect(metrics.labelValues("http_requests_total", "method")).toContain("OTHER");
    expect(metrics.labelValues("http_requests_total", "method")).not.toContain("PROPFIND");
  });

  test("protects the metrics and the health details with a token when asked", async () => {
    app = await start({ metrics: { token: "m-secret" }, health: { token: "h-secret" } });
    expect((await fetch(`${app.url}/metrics`)).status).toBe(401);
    const wrong = { headers: { authorization: "Bearer h-secret" } };
    const refused = await fetch(`${app.url}/metrics`, wrong);
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toBe("Bearer");
    expect((await scrape(app.url, "m-secret")).samples.size).toBeGreaterThan(10);
    expect((await fetch(`${app.url}/health/detailed`)).status).toBe(401);
    expect((await fetch(`${app.url}/health/detailed`, wrong)).status).toBe(200);
    expect((await fetch(`${app.url}/health`)).status).toBe(200);
  });

  test("an empty token shuts the door instead of opening it", async () => {
    app = await start({ metrics: { token: undefined } });
    expect((await fetch(`${app.url}/metrics`)).status).toBe(401);
    const empty = { headers: { authorization: "Bearer " } };
    expect((await fetch(`${app.url}/metrics`, empty)).status).toBe(401);
    expect(app.kit.registry).toBeDefined();
  });

  test("reports health with checks, and 503 when a critical one fails", async () => {
    app = await start();
    let database: () => void = () => {};
    app.kit.health.check("database", () => database(), { cacheMs: 0 });
    app.kit.health.check("mail", () => Promise.reject(new Error("no route to host")), {
      critical: false,
    });
    const detailed = await fetch(`${app.url}/health/detailed`);
    expect(detailed.status).toBe(200);
    expect(await detailed.json()).toEqual({
      status: "degraded",
      timestamp: expect.any(String),
      version: "1.2.3",
      uptime: expect.any(Number),
      checks: {
        database: { status: "healthy", responseTime: expect.any(Number), message: "ok" },
        mail: {
          status: "unhealthy",
          responseTime: expect.any(Number),
          message: "no route to host",
        },
      },
      metrics: {
        memoryUsage: expect.objectContaining({ rss: expect.any(Number) }),
        activeConnections: expect.any(Number),
        requestRate: expect.any(Number),
      },
    });
    expect((await fetch(`${app.url}/health`)).status).toBe(200);

    database = () => {
      throw new Error("connect postgres://shop:hunter2@db/shop failed");
    };
    const failing = await fetch(`${app.url}/health/detailed`);
    expect(failing.status).toBe(503);
    const text = await failing.text();
    expect(JSON.parse(text)).toMatchObject({ status: "unhealthy" });
    expect(text).not.toContain("hunter2");
    expect((await fetch(`${app.url}/health`)).status).toBe(503);
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
  });

  test("answers for one component, and at the short paths", async () => {
    app = await start();
    app.kit.health.check("data base", () => {});
    app.kit.health.check("mail", () => Promise.reject(new Error("no route")), { critical: false });
    const component = async (name: string) => {
      const response = await fetch(`${app.url}/health/components/${name}`);
      return { code: response.status, body: (await response.json()) as object };
    };
    const well = await component("data%20base");
    expect(well.code).toBe(200);
    expect(well.body).toEqual({
      name: "data base",
      status: "healthy",
      responseTime: expect.any(Number),
      message: "ok",
      critical: true,
      timestamp: expect.any(String),
    });
    expect(await component("mail")).toMatchObject({ code: 503, body: { message: "no route" } });
    expect((await component("none")).code).toBe(404);
    expect((await fetch(`${app.url}/health/components/%ff`)).status).toBeGreaterThanOrEqual(400);
    for (const path of ["/live", "/ready"]) expect((await fetch(app.url + path)).status).toBe(200);
    app.kit.health.drain();
    expect((await fetch(`${app.url}/ready`)).status).toBe(503);
    expect((await fetch(`${app.url}/live`)).status).toBe(200);
  });

  test("leaves /live to an application that has such a route", async () => {
    app = await start({ health: { path: "/healthz" } });
    expect(await (await fetch(`${app.url}/live`)).json()).toMatchObject({ status: "healthy" });
    app.kit.http.knownRoute("GET", "/live");
    expect((await fetch(`${app.url}/live`)).status).toBe(404);
    expect((await fetch(`${app.url}/healthz/live`)).status).toBe(200);
    expect((await fetch(`${app.url}/ready`)).status).toBe(200);
  });

  test("shows details to this machine and not through a proxy that nobody told of", async () => {
    app = await start();
    const through = { headers: { "x-forwarded-for": "127.0.0.1" } };
    expect((await fetch(`${app.url}/health/detailed`)).status).toBe(200);
    expect((await fetch(`${app.url}/health/detailed`, through)).status).toBe(403);
    expect((await fetch(`${app.url}/health/components/x`, through)).status).toBe(403);
    for (const name of ["x-real-ip", "via", "x-forwarded-proto", "cf-connecting-ip"]) {
      const headers = { [name]: "127.0.0.1" };
      expect((await fetch(`${app.url}/health/detailed`, { headers })).status, name).toBe(403);
    }
    expect((await fetch(`${app.url}/health`, through)).status).toBe(200);
  });

  test("shows details to the networks and the token that were told", async () => {
    app = await start({
      trustedProxies: ["loopback"],
      health: { networks: ["10.1.0.0/16"], token: "h-secret" },
    });
    const from = (address: string, authorization = "") =>
      fetch(`${app.url}/health/detailed`, {
        headers: { "x-forwarded-for": address, authorization },
      });
    expect((await from("10.1.2.3")).status).toBe(200);
    expect((await from("10.2.2.3")).status).toBe(401);
    expect((await from("10.1.2.3, 8.8.8.8")).status).toBe(401);
    expect((await from("8.8.8.8", "Bearer h-secret")).status).toBe(200);
    expect((await from("8.8.8.8", "bearer h-secret")).status).toBe(200);
    expect((await from("8.8.8.8", "bearer H-secret")).status).toBe(401);
  });

  test("shows nothing through a proxy that was told of and does not say for whom it asks", async () => {
    app = await start({ trustedProxies: ["loopback"] });
    const detailed = async (headers = {}) =>
      (await fetch(`${app.url}/health/detailed`, { headers })).status;
    expect(await detailed()).toBe(200);
    expect(await detailed({ "x-real-ip": "8.8.8.8" })).toBe(403);
    expect(await detailed({ "x-real-ip": "8.8.8.8", "x-forwarded-for": "127.0.0.1" })).toBe(200);
  });

  test("is not ready any more once shutdown has begun", async () => {
    app = await start();
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(200);
    await app.kit.shutdown();
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
  });

  test("goes on serving and counting when the log cannot be written", async () => {
    app = await start({
      logs: {
        destination: {
          write: () => {
            throw new Error("disk full");
          },
        },
      },
    });
    for (let index = 0; index < 3; index += 1) {
      const response = await fetch(`${app.url}/items/1`);
      expect(response.status).toBe(200);
      await response.text();
    }
    const metrics = await scrape(app.url);
    expect(metrics.value("seaworthy_sdk_errors_total", { site: "response" })).toBeGreaterThan(0);
    const labels = { method: "GET", path: "/items/:id", status: "200" };
    expect(metrics.value("http_requests_total", labels)).toBe(3);
  });
});
