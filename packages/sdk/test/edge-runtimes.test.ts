/** `@seaworthy/sdk/edge` in the runtimes that it is for: Deno, and workerd, which runs Cloudflare's Workers. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeServer, listen } from "./apps.ts";
import { Collector } from "./collector.ts";
import type { Environment } from "./programs/edge-app.ts";

const program = (name: string) => fileURLToPath(new URL(`programs/${name}`, import.meta.url));
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, "x-request-id": "r-1" };

/** The program that a package of one platform's brings. */
function binary(name: string, file: string): string {
  return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file);
}

const arch = process.arch === "arm64" ? "arm64" : undefined;

/** A command that serves the application, and says on standard output which port it got. */
type Runtime = (folder: string, environment: Environment) => Promise<[string, ...string[]]>;

const runtimes: Record<string, Runtime> = {
  Deno: () =>
    Promise.resolve([
      binary(`@deno/linux-${arch ?? "x64"}-glibc`, "deno"),
      "run",
      "--no-config",
      "--no-remote",
      "--no-npm",
      "--no-check",
      "--allow-net=127.0.0.1",
      "--allow-env=SEAWORTHY_URL,SEAWORTHY_KEY,CALLED",
      program("edge-deno.ts"),
    ]),
  workerd: async (folder, environment) => {
    // Bundled, as wrangler does it.
    await build({
      configFile: false,
      logLevel: "error",
      build: {
        lib: { entry: program("edge-worker.ts"), formats: ["es"], fileName: () => "worker.js" },
        outDir: folder,
        minify: false,
      },
    });
    const bindings = Object.entries(environment).map(
      ([name, value]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(value)})`,
    );
    const config = join(folder, "config.capnp");
    await writeFile(
      config,
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-01-01",
      bindings = [${bindings.join(", ")}],
    )),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`,
    );
    const workerd = binary(`@cloudflare/workerd-linux-${arch ?? "64"}`, "bin/workerd");
    return [workerd, "serve", "--control-fd=1", config];
  },
};

describe.each(Object.entries(runtimes))("%s", (_name, start) => {
  let folder: string;
  let collector: Collector;
  let child: ChildProcess;
  let url: string;
  let output = "";
  const called = createServer((request, response) => {
    response.end(JSON.stringify({ traceparent: request.headers["traceparent"], at: request.url }));
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "seaworthy-edge-"));
    collector = await Collector.start();
    const environment: Environment = {
      SEAWORTHY_URL: collector.url,
      SEAWORTHY_KEY: "test-key",
      CALLED: await listen(called),
    };
    const [command, ...args] = await start(folder, environment);
    child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...environment, DENO_DIR: folder, DENO_NO_UPDATE_CHECK: "1" },
    });
    child.stderr?.on("data", (data) => (output += String(data)));
    const port = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`it ended with ${code}: ${output}`)));
      createInterface({ input: child.stdout! }).on("line", (line) => {
        output += `${line}\n`;
        if (line.includes('"listen"')) resolve((JSON.parse(line) as { port: number }).port);
      });
    });
    url = `http://127.0.0.1:${port}`;
  });
  afterAll(async () => {
    const ended = child.exitCode === null ? once(child, "exit") : undefined;
    child.kill();
    await ended;
    await closeServer(called);
    await collector.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("sends the request's span, its logs and its calls", async () => {
    const response = await fetch(`${url}/items/7?token=x`, { headers });
    expect([response.status, response.headers.get("x-request-id")]).toEqual([200, "r-1"]);
    const body = (await response.json()) as { traceparent: string; at: string };
    await collector.until(() => collector.spans.length >= 3 && collector.logs.length >= 2);
    const named = (name: string) => collector.spans.find((span) => span.name === name);
    const server = named("GET /items/:id");
    expect(server).toMatchObject({ traceId, parentSpanId: "00f067aa0ba902b7", kind: 2 });
    expect(server?.attributes).toMatchObject({
      "url.path": "/items/7",
      "http.response.status_code": 200,
    });
    expect(named("work")?.parentSpanId).toBe(server?.spanId);
    expect(body).toEqual({
      traceparent: `00-${traceId}-${named("GET")?.spanId}-01`,
      at: "/stock?secret=x",
    });
    expect(JSON.stringify(collector.spans.map(({ attributes }) => attributes))).not.toContain(
      "secret",
    );
    expect(collector.logs).toMatchObject([
      { body: "looking", severityText: "WARN", traceId, attributes: { item: 7, requestId: "r-1" } },
      { body: "request completed", attributes: { url: "/items/7", statusCode: 200 } },
    ]);
    expect(collector.resources[0]).toMatchObject({ "service.name": "edge" });
  });

  test("errors arrive with their trace, and the runtime answers 500", async () => {
    expect((await fetch(`${url}/broken`, { headers })).status).toBe(500);
    expect(await (await fetch(`${url}/caught`)).text()).toBe("ok");
    const events = () => collector.logs.filter(({ eventName }) => eventName === "exception");
    await collector.until(() => events().length >= 2);
    expect(events().map(({ attributes }) => attributes["exception.type"])).toEqual([
      "TypeError",
      "RangeError",
    ]);
    expect(events()[0]).toMatchObject({ traceId, attributes: { "error.handled": false } });
    expect(events()[1]).toMatchObject({ attributes: { "tag.shop": "north" } });
    expect(String(events()[0]?.attributes["exception.stacktrace"])).toContain("TypeError: broken");
  });

  test("redirects, bodies and unknown paths come through unchanged", async () => {
    const away = await fetch(`${url}/away`, { headers, redirect: "manual" });
    expect([away.status, away.headers.get("location")]).toEqual([302, "https://other.example/"]);
    expect(away.headers.get("x-request-id")).toBe("r-1");
    const body = "x".repeat(100_000);
    expect(await (await fetch(`${url}/echo`, { method: "POST", body })).text()).toBe(body);
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
  });

  test("a hundred requests at once lose nothing, and share what is sent", async () => {
    const before = { logs: collector.logs.length, requests: collector.requests };
    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => (await fetch(`${url}/caught`)).status),
    );
    expect(new Set(answers)).toEqual(new Set([200]));
    await collector.until(() => collector.logs.length >= before.logs + 200);
    expect(collector.requests - before.requests).toBeLessThan(40);
  });

  test("while Seaworthy refuses, the service answers, and what was held comes later", async () => {
    const before = collector.logs.length;
    collector.behave((response) => response.writeHead(503).end());
    const { requests } = collector;
    expect((await fetch(`${url}/nowhere?first`)).status).toBe(404);
    await collector.until(() => collector.requests > requests);
    collector.behave(undefined);
    expect((await fetch(`${url}/nowhere?second`)).status).toBe(404);
    await collector.until(() => collector.logs.length >= before + 2);
  });
});
