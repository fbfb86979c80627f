/**
 * Next itself takes a build of half a minute, so a server that does what Next 16 does stands for it
 * here: it is made by somebody else, and leaves its route where Next leaves it.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onRequestError, seaworthy } from "../src/next.ts";
import type { Kit } from "../src/index.ts";
import { closeServer, kitFor, listen } from "./apps.ts";
import { scrape } from "./exposition.ts";
import type { LogLines } from "./log-lines.ts";

const metaKey = Symbol.for("NextInternalRequestMeta");
let kit: Kit;
let logs: LogLines;
let server: Server;
let url: string;

beforeAll(async () => {
  const made = kitFor({});
  ({ logs } = made);
  kit = seaworthy({ kit: made.kit });
  server = createServer((request: IncomingMessage & { [metaKey]?: object }, response) => {
    const asked = request.url ?? "";
    const pathname = asked.startsWith("/items/") ? "/items/[id]" : "/_not-found";
    request[metaKey] = { match: { definition: { pathname } } };
    if (asked === "/items/bad") {
      onRequestError(new TypeError("no"), {}, { routePath: pathname });
      response.statusCode = 500;
    }
    if (pathname === "/_not-found") response.statusCode = 404;
    response.end(JSON.stringify({ requestId: kit.requestId }));
  });
  url = await listen(server);
});
afterAll(() => closeServer(server));

test("finds the server with its first request, and its routes", async () => {
  const response = await fetch(`${url}/items/7?x=1`, { headers: { "x-request-id": "r-1" } });
  expect(response.headers.get("x-request-id")).toBe("r-1");
  expect(await response.json()).toEqual({ requestId: "r-1" });
  expect(await logs.request("r-1")).toMatchObject({ url: "/items/7", statusCode: 200 });
  await fetch(`${url}/_next/x.js`, { headers: { "x-request-id": "r-2" } });
  await logs.request("r-2");
  const metrics = await scrape(url);
  const labels = { method: "GET", path: "/items/[id]", status: "200" };
  expect(metrics.value("http_requests_total", labels)).toBe(1);
  expect(metrics.labelValues("http_requests_total", "path")).toContain("unmatched");
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test("names the errors that Next answers", async () => {
  await fetch(`${url}/items/bad`, { headers: { "x-request-id": "r-3" } });
  expect(await logs.request("r-3")).toMatchObject({ statusCode: 500, err: { message: "no" } });
  expect((await scrape(url)).value("errors_total", { type: "TypeError" })).toBe(1);
});

test("starting again gives the same kit and counts once", async () => {
  expect(seaworthy({ service: "other" })).toBe(kit);
  await fetch(`${url}/items/8`, { headers: { "x-request-id": "r-4" } });
  await logs.request("r-4");
  expect(logs.lines.filter((line) => line["requestId"] === "r-4")).toHaveLength(1);
});

test("an error outside of a request is captured all the same", async () => {
  onRequestError(new RangeError("alone"));
  expect((await scrape(url)).value("errors_total", { type: "RangeError" })).toBe(1);
});
