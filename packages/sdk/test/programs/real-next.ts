/** Drives the application of `next-app/`, which `scripts/sdk-next.mjs` has built. The folder is the argument. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { closeServer, listen } from "../apps.ts";
import { Collector } from "../collector.ts";
import { scrape } from "../exposition.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
const [folder = ".", mode = "start"] = process.argv.slice(2);

const collector = await Collector.start();
const called = createServer((request, response) =>
  response.end(String(request.headers["traceparent"])),
);
const port = await freePort();
const next = spawn(
  process.execPath,
  [join(folder, "node_modules/next/dist/bin/next"), mode, "--port", String(port)],
  {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      CALLED: await listen(called),
      SEAWORTHY_URL: collector.url,
      SEAWORTHY_KEY: "test-key",
      NEXT_TELEMETRY_DISABLED: "1",
    },
  },
);
const ended = once(next, "exit");
const lines: Record<string, unknown>[] = [];
const url = `http://127.0.0.1:${port}`;

try {
  await new Promise<void>((resolve, reject) => {
    void ended.then(([code]) => reject(new Error(`Next ended with ${code}`)));
    createInterface({ input: next.stdout }).on("line", (line) => {
      if (/Ready in/.test(line)) resolve();
      if (line.startsWith("{")) lines.push(JSON.parse(line) as Record<string, unknown>);
    });
  });
  // Next says so before it calls `register`, and what comes until then is not seen: as a load balancer
  // does, wait for the kit's word.
  while ((await fetch(`${url}/health/ready`)).status !== 200) await setTimeout(100);
  await check();
  process.stdout.write(`ok   the kit in a real Next.js (next ${mode})\n`);
} finally {
  next.kill();
  await ended;
  await closeServer(called);
  await collector.close();
}

async function check(): Promise<void> {
  const headers = { traceparent, "x-request-id": "r-1" };
  const call = (path: string, init: RequestInit = {}) => fetch(url + path, { ...init, headers });
  /** The line of a request, which is written when it has ended. */
  const lineOf = async (path: string) => {
    for (;;) {
      const line = lines.find((one) => one["url"] === path && "statusCode" in one);
      if (line !== undefined) return line;
      await collector.until(() => lines.some((one) => one["url"] === path && "statusCode" in one));
    }
  };

  // A route handler: its id, its logs.
  const item = await call("/api/items/7?secret=x");
  deepEqual(await item.json(), { id: "7", requestId: "r-1" });
  equal(item.headers.get("x-request-id"), "r-1");
  deepEqual(await (await call("/api/items", { method: "POST", body: '{"a":1}' })).json(), { a: 1 });
  equal((await (await call("/api/stream")).text()).length, 100_000);
  match(await (await call("/api/later")).text(), /requestId/);
  match(await (await call("/shops/north")).text(), /shop (<!-- -->)?north/);
  equal((await call("/scan/1.php")).status, 404);
  equal((await call("/api/fail")).status, 500);
  equal((await call("/broken")).status, 500);
  equal((await call("/api/wrapped/1")).status, 201);
  equal((await call("/api/wrapped/broken")).status, 500);
  const told = await (await call("/api/call")).text();

  const fail = await lineOf("/api/fail");
  equal(fail["statusCode"], 500);
  equal(fail["traceId"], traceId);
  equal((fail["err"] as { message?: string } | undefined)?.message, "out of stock");
  const looking = lines.find((line) => line["message"] === "looking");
  deepEqual([looking?.["requestId"], looking?.["traceId"]], ["r-1", traceId]);
  equal((await lineOf("/api/items/7"))["service"], "next-app");

  const metrics = await scrape(url);
  const count = (method: string, path: string, status: string) =>
    metrics.value("http_requests_total", { method, path, status });
  const paths = metrics.labelValues("http_requests_total", "path");
  deepEqual(
    {
      item: count("GET", "/api/items/[id]", "200"),
      created: count("POST", "/api/items", "200"),
      page: count("GET", "/shops/[shop]", "200"),
      fail: count("GET", "/api/fail", "500"),
      broken: count("GET", "/broken", "500"),
      wrapped: count("GET", "/api/wrapped/[id]", "201"),
      wrappedBroken: count("GET", "/api/wrapped/[id]", "500"),
      unmatched: count("GET", "unmatched", "404"),
    },
    {
      item: 1,
      created: 1,
      page: 1,
      fail: 1,
      broken: 1,
      wrapped: 1,
      wrappedBroken: 1,
      unmatched: 1,
    },
    `paths are ${[...paths].join(" ")}`,
  );
  ok(![...paths].some((path) => path.includes("scan")));
  for (const type of ["RangeError", "EvalError", "SyntaxError"])
    equal(metrics.value("errors_total", { type }), 1, `errors_total of ${type}`);
  for (const path of ["/health", "/health/live", "/health/ready", "/ready", "/health/detailed"])
    equal((await fetch(url + path)).status, 200, path);

  await collector.until(() => collector.spans.some(({ name }) => name === "GET /api/call"));
  const named = (name: string) => collector.spans.find((span) => span.name === name);
  for (const name of ["GET /api/items/[id]", "GET /api/later", "GET /shops/[shop]"])
    deepEqual(
      [named(name)?.traceId, named(name)?.parentSpanId],
      [traceId, "00f067aa0ba902b7"],
      name,
    );
  equal(named("work")?.parentSpanId, named("GET /api/later")?.spanId);
  const outgoing = collector.spans.find(({ kind }) => kind === 3);
  equal(outgoing?.parentSpanId, named("GET /api/call")?.spanId);
  equal(told, `00-${traceId}-${outgoing?.spanId}-01`);
  // Errors go by a request of their own, before or after that of the spans.
  const types = () =>
    new Set(
      collector.logs
        .filter(({ eventName }) => eventName === "exception")
        .map(({ attributes }) => attributes["exception.type"]),
    );
  await collector.until(() => types().size >= 3);
  deepEqual(types(), new Set(["EvalError", "RangeError", "SyntaxError"]));
}

async function freePort(): Promise<number> {
  const server = createServer();
  const { port: free } = new URL(await listen(server));
  await closeServer(server);
  return Number(free);
}
