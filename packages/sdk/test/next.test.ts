/**
 * Next itself takes a build of half a minute (`npm run sdk:next` tries the real one), so a server that
 * does what Next 16 does stands for it here: it is made by somebody else, and leaves its route where
 * Next leaves it.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onRequestError, seaworthy, withSeaworthy } from "../src/next.ts";
import type { Kit } from "../src/index.ts";
import { closeServer, kitFor, listen } from "./apps.ts";
import { scrape } from "./exposition.ts";
import type { LogLines } from "./log-lines.ts";

const metaKey = Symbol.for("NextInternalRequestMeta");
let kit: Kit;
let logs: LogLines;
let server: Server;
let url: string;

const params = { params: Promise.resolve({ id: "7" }) };
type Params = typeof params;
const wrapped: Record<string, (request: Request, context: Params) => Promise<Response>> = {
  "/items/wrapped": withSeaworthy("/items/[id]", async (_request, context: Params) =>
    Response.json(await context.params, { status: 201 }),
  ),
  "/items/thrown": withSeaworthy("/items/[id]", () => {
    throw new SyntaxError("thrown");
  }),
};

beforeAll(async () => {
  const made = kitFor({});
  ({ logs } = made);
  kit = seaworthy({ kit: made.kit });
  server = createServer((request: IncomingMessage & { [metaKey]?: object }, response) => {
    const asked = request.url ?? "";
    const pathname = asked.startsWith("/items/") ? "/items/[id]" : "/_not-found";
    request[metaKey] = { match: { definition: { pathname } } };
    const handler = wrapped[asked];
    if (handler !== undefined) {
      // As Next does: what comes out of the handler is answered, and errors are told.
      handler(new Request(`http://x${asked}`), params).then(
        (answer) => void response.writeHead(answer.status).end(),
        (error: unknown) => {
          onRequestError(error, {}, { routePath: pathname });
          response.writeHead(500).end();
        },
      );
      return;
    }
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

test("a wrapped route handler behind a server is counted once, with its error", async () => {
  const counts = async (status: string) =>
    (await scrape(url)).value("http_requests_total", {
      method: "GET",
      path: "/items/[id]",
      status,
    });
  const response = await fetch(`${url}/items/wrapped`, { headers: { "x-request-id": "r-5" } });
  expect(response.status).toBe(201);
  await logs.request("r-5");
  await fetch(`${url}/items/thrown`, { headers: { "x-request-id": "r-6" } });
  expect(await logs.request("r-6")).toMatchObject({ err: { message: "thrown" } });
  expect(await counts("201")).toBe(1);
  expect((await scrape(url)).value("errors_total", { type: "SyntaxError" })).toBe(1);
});

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

test("a wrapped route handler without a server has all of it by itself", async () => {
  const seen: unknown[] = [];
  const thrown: Record<string, Error> = {
    redirect: Object.assign(new Error("NEXT_REDIRECT"), {
      digest: "NEXT_REDIRECT;replace;/a;307;",
    }),
    missing: Object.assign(new Error("no"), { digest: "NEXT_HTTP_ERROR_FALLBACK;404" }),
    broken: new URIError("broken"),
  };
  const handler = withSeaworthy("/api/[what]", async (_request, context: Params) => {
    const { id } = await context.params;
    seen.push(kit.requestId, kit.traceParent?.split("-")[1]);
    const error = thrown[id];
    if (error !== undefined) throw error;
    return Response.json({ id });
  });
  const call = (id: string) =>
    handler(
      new Request(`http://x/api/${id}?secret=1`, {
        method: "PUT",
        headers: { "x-request-id": `s-${id}`, traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
      }),
      { params: Promise.resolve({ id }) },
    );
  expect(await (await call("well")).json()).toEqual({ id: "well" });
  expect(seen).toEqual(["s-well", traceId]);
  for (const id of Object.keys(thrown)) await expect(call(id)).rejects.toBe(thrown[id]);
  const metrics = await scrape(url);
  const counted = ["200", "307", "404", "500"].map((status) =>
    metrics.value("http_requests_total", { method: "PUT", path: "/api/[what]", status }),
  );
  expect(counted).toEqual([1, 1, 1, 1]);
  expect(metrics.value("errors_total", { type: "URIError" })).toBe(1);
  expect(await logs.request("s-broken")).toMatchObject({
    traceId,
    url: "/api/broken",
    statusCode: 500,
    err: { message: "broken" },
  });
});
