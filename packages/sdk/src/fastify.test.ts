import { Readable } from "node:stream";
import Fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { kitFor } from "../test/apps.ts";
import { Collector } from "../test/collector.ts";
import { Exposition, scrape } from "../test/exposition.ts";
import { LogLines } from "../test/log-lines.ts";
import { seaworthy } from "./fastify.ts";

/** A kit, and what it sends to. */
async function sendingKit() {
  const collector = await Collector.start();
  onTestFinished(() => collector.close());
  const made = kitFor({
    metrics: { processMetrics: false },
    export: { url: collector.url, key: "test-key" },
  });
  return { collector, ...made };
}

test("registered in a plugin, as with fastify-cli, the kit still answers and counts for the whole", async () => {
  const { kit } = kitFor({ metrics: { processMetrics: false } });
  const app = Fastify();
  await app.register(async (scope) => {
    await scope.register(seaworthy, { kit });
    scope.get("/items/:id", () => "ok");
    await scope.register(async (inner) => inner.get("/deep", () => "ok"));
  });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const status = async (path: string) => (await fetch(url + path)).status;
  const paths = ["/items/7", "/deep", "/nowhere", "/health", "/health/live"];
  expect(await Promise.all(paths.map(status))).toEqual([200, 200, 404, 200, 200]);
  for (const [path, code] of [
    ["/items/:id", "200"],
    ["/deep", "200"],
    ["unmatched", "404"],
  ] as const) {
    // A request is counted a little after its answer is there.
    const labels = { method: "GET", path, status: code };
    const count = async () => (await scrape(url)).value("http_requests_total", labels);
    await expect.poll(count, { timeout: 30_000, message: path }).toBe(1);
  }
  await app.close();
  await kit.shutdown(5);
});

test("the lines of Fastify's own logger belong to their requests, and are sent", async () => {
  const { collector, kit } = await sendingKit();
  const lines = new LogLines();
  const app = Fastify({ logger: { stream: lines } });
  await app.register(seaworthy, { kit });
  app.get("/items/:id", (request) => {
    request.log.info("looking");
    app.log.info({ stock: 3 }, "found");
    return {};
  });
  await app.inject({ url: "/items/7", headers: { "x-request-id": "r-1" } });
  const found = await lines.find(({ msg }) => msg === "found");
  expect(found).toMatchObject({ requestId: "r-1", stock: 3 });
  expect(await lines.find(({ msg }) => msg === "looking")).toMatchObject({
    requestId: "r-1",
    traceId: found["traceId"],
  });
  await app.close();
  await kit.shutdown(5_000);
  for (const body of ["looking", "found"])
    expect(collector.logs.filter((record) => record.body === body)).toMatchObject([
      { traceId: found["traceId"], attributes: { requestId: "r-1" } },
    ]);
});

test("the kit's logger may be Fastify's, too: its lines are sent once", async () => {
  const { collector, kit } = await sendingKit();
  const app = Fastify({ loggerInstance: kit.logger });
  await app.register(seaworthy, { kit });
  app.get("/", (request) => {
    request.log.info("looking");
    return {};
  });
  await app.inject("/");
  await app.close();
  await kit.shutdown(5_000);
  expect(collector.logs.filter(({ body }) => body === "looking")).toHaveLength(1);
});

test("injected requests are recorded as those over a connection, and leave none open", async () => {
  const { collector, kit, logs } = await sendingKit();
  const app = Fastify();
  await app.register(seaworthy, { kit });
  app.get("/items/:id", () => ({ requestId: kit.requestId }));
  app.get("/stream", (_request, reply) => reply.send(Readable.from(["a", "b"])));
  app.get("/fail", () => {
    throw new TypeError("broken");
  });
  app.get("/cut", (_request, reply) => {
    reply.hijack();
    reply.raw.destroy();
  });
  await app.ready();
  const headers = { "x-request-id": "r-1" };
  const response = await app.inject({ url: "/items/7", headers });
  expect(response.headers["x-request-id"]).toBe("r-1");
  expect(response.json()).toEqual({ requestId: "r-1" });
  expect(await logs.request("r-1")).toMatchObject({ url: "/items/7", statusCode: 200 });
  await app.inject("/stream");
  await app.inject("/fail");
  // As of a caller who went away.
  await expect(app.inject("/cut")).rejects.toThrow("destroyed");

  const metrics = new Exposition((await app.inject("/metrics")).body);
  const count = (path: string, status: string) =>
    metrics.value("http_requests_total", { method: "GET", path, status });
  expect(count("/items/:id", "200")).toBe(1);
  expect(count("/stream", "200")).toBe(1);
  expect(count("/fail", "500")).toBe(1);
  expect(count("/cut", "499")).toBe(1);
  expect(metrics.value("seaworthy_sdk_errors_total", { site: "response" }) ?? 0).toBe(0);
  const health = (await app.inject("/health/detailed")).json<{
    readonly metrics: { readonly activeConnections: number };
  }>();
  expect(health.metrics.activeConnections).toBe(0);
  await app.close();
  await kit.shutdown(5_000);
  const span = collector.spans.find(({ name }) => name === "GET /items/:id");
  expect(span?.attributes).toMatchObject({ "http.response.status_code": 200 });
});
