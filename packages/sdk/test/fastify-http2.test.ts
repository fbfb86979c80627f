import { once } from "node:events";
import { connect } from "node:http2";
import Fastify from "fastify";
import { expect, test } from "vitest";
import { seaworthy } from "../src/fastify.ts";
import { Exposition } from "./exposition.ts";
import { LogLines } from "./log-lines.ts";

test("watches HTTP/2 as it does HTTP/1", async () => {
  const logs = new LogLines();
  const app = Fastify({ http2: true });
  await app.register(seaworthy, { service: "h2", logs: { destination: logs } });
  app.get("/items/:id", () => ({ requestId: app.seaworthy.requestId }));
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const session = connect(url);
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const stream = session.request({ ":path": path, ...headers });
    stream.setEncoding("utf8");
    const [answer] = (await once(stream, "response")) as [Record<string, string>];
    let body = "";
    for await (const chunk of stream) body += String(chunk);
    return { answer, body };
  };
  const { answer, body } = await get("/items/1", { "x-request-id": "h2-1" });
  expect(answer["x-request-id"]).toBe("h2-1");
  expect(JSON.parse(body)).toEqual({ requestId: "h2-1" });
  expect(await logs.request("h2-1")).toMatchObject({ statusCode: 200, url: "/items/1" });
  const metrics = new Exposition((await get("/metrics")).body);
  const labels = { method: "GET", path: "/items/:id", status: "200" };
  expect(metrics.value("http_requests_total", labels)).toBe(1);
  expect(metrics.value("seaworthy_sdk_errors_total", { site: "request" })).toBe(0);
  expect(metrics.value("seaworthy_sdk_errors_total", { site: "response" })).toBe(0);
  session.close();
  await app.close();
});
