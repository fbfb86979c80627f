import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { fakeTerminal } from "../../test/terminal.ts";
import { makeRepository, type Files } from "../../test/repository.ts";
import { init } from "../init/init.ts";
import { doctor } from "./doctor.ts";
import { tryNode } from "./repository.ts";
import { requests } from "./service.ts";
import type { Finding } from "./trial.ts";

const expressCommonjs: Files = {
  "package.json": `{ "name": "api", "main": "app.js", "dependencies": { "express": "*" } }`,
  "app.js": `const express = require("express");\nconst app = express();\napp.get("/", (req, res) => res.send("ok"));\nconst server = app.listen(0, "127.0.0.1", () => process.send?.(server.address().port));\nprocess.on("disconnect", () => process.exit());\n`,
};
const fastifyModule: Files = {
  "package.json": `{ "name": "shop", "type": "module", "dependencies": { "fastify": "*" } }`,
  "index.js": `import Fastify from "fastify";\nconst app = Fastify();\napp.get("/", () => "ok");\nawait app.listen({ port: 0, host: "127.0.0.1" });\nprocess.send?.(app.server.address().port);\nprocess.on("disconnect", () => process.exit());\n`,
};

/** Starts the repository's program as its users do, with the kit from source. */
async function start(folder: string, file: string): Promise<number> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "--conditions=@seaworthy/source", file],
    { cwd: folder, stdio: ["ignore", "pipe", "pipe", "ipc"] },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  const complaints: string[] = [];
  if (child.stderr !== null)
    createInterface({ input: child.stderr }).on("line", (line) => complaints.push(line));
  const ended = once(child, "exit").then(() => {
    throw new Error(`the program ended: ${complaints.join("\n")}`);
  });
  const [port] = (await Promise.race([once(child, "message"), ended])) as [number];
  ended.catch(() => {});
  return port;
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A platform that scrapes `target`, as far as the doctor asks it. */
function platform(target: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const answers: Record<string, unknown> = {
    "/health": { status: "healthy" },
    "/api/v1/targets": {
      data: { activeTargets: [{ labels: { instance: target }, health: "up", lastError: "" }] },
    },
    "/api/v1/rules": { data: { groups: [{ rules: [{ name: "ServiceDown", health: "ok" }] }] } },
    "/api/v2/status": {
      config: {
        original: "receivers:\n  - name: on-call\n    slack_configs:\n      - channel: x\n",
      },
    },
    ...more,
  };
  return listen(
    createServer((request, response) => {
      const path = request.url?.split("?")[0] ?? "";
      if (path !== "/health" && request.headers.authorization !== "Bearer right")
        response.writeHead(401);
      response.end(JSON.stringify(answers[path] ?? {}));
    }),
  );
}

async function examine(folder: string, args: string[], token = "right") {
  const terminal = fakeTerminal(folder, { env: { SEAWORTHY_TOKEN: token } });
  const code = await doctor(["--json", ...args], terminal);
  const { ok, findings } = JSON.parse(terminal.written()) as { ok: boolean; findings: Finding[] };
  expect(code).toBe(ok ? 0 : 1);
  return Object.fromEntries(
    findings.map(({ name, result, detail }) => [name, `${result}: ${detail}`]),
  );
}

test.each([
  ["Express in CommonJS", expressCommonjs, "app.js"],
  ["Fastify in an ES module", fastifyModule, "index.js"],
])("%s: after init the service runs, and everything works", async (_, files, entry) => {
  const folder = await makeRepository(files);
  expect(await init(["--yes"], fakeTerminal(folder))).toBe(0);
  const port = await start(folder, entry);
  const prometheus = join(folder, "seaworthy/prometheus.yml");
  const text = await readFile(prometheus, "utf8");
  await writeFile(prometheus, text.replace("127.0.0.1:3000", `127.0.0.1:${port}`));
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("ok");
  const url = await platform(`127.0.0.1:${port}`);
  expect(await examine(folder, ["--url", url])).toEqual({
    "Node.js": `works: ${process.versions.node}`,
    "the kit is installed": expect.stringMatching(/^works/),
    "the application uses the kit": `works: ${entry}`,
    "seaworthy/ can be read": expect.stringMatching(/^works: \d+ files, scraping 127/),
    "the service answers": expect.stringMatching(/^works/),
    "the service is ready": "works: healthy",
    metrics: expect.stringMatching(/^works: \d+ series/),
    "requests are counted": "works: http_requests_total rose with a request",
    "the platform answers": `works: ${url}`,
    "the token": "works: taken",
    "the service is scraped": `works: 127.0.0.1:${port}`,
    "rules are evaluated": "works: 1 rules",
    "somebody is told": "works: 1 integrations in alertmanager.yml",
    "telemetry arrives": expect.stringMatching(/^skipped: none is sent: set SEAWORTHY_URL/),
  });
});

test("the trace and the log line of a request are asked for at the platform", async () => {
  const folder = await makeRepository(expressCommonjs);
  let traceId = "";
  const app = await listen(
    createServer((request, response) => {
      traceId = String(request.headers["traceparent"]).split("-")[1] ?? traceId;
      response.end(request.url === "/metrics" ? "seaworthy_sdk_exported_total 0\n" : "ok");
    }),
  );
  const asked: string[] = [];
  let answers = { trace: 404, lines: [] as unknown[] };
  const url = await listen(
    createServer((request, response) => {
      const path = new URL(request.url ?? "", "http://x");
      const isTrace = path.pathname.startsWith("/api/traces/");
      asked.push(isTrace ? path.pathname : (path.searchParams.get("query") ?? ""));
      response.writeHead(isTrace ? answers.trace : 200);
      response.end(JSON.stringify({ data: { result: answers.lines } }));
      // Neither is there when it is first asked for.
      answers = { trace: 200, lines: [{}] };
    }),
  );
  const args = ["--app", app, "--url", url];
  const arrives = async () => (await examine(folder, args))["telemetry arrives"];
  expect(await arrives()).toBe("works: the log line and the trace of a request");
  expect(asked).toContain(`/api/traces/${traceId}`);
  expect(asked).toContain(`{service_name=~".+"} | trace_id="${traceId}"`);
});

test("the platform's address and token are read from .env; what is set wins", async () => {
  const url = await platform("127.0.0.1:9");
  const folder = await makeRepository({
    ...expressCommonjs,
    ".env": `SEAWORTHY_URL=${url}\nSEAWORTHY_TOKEN=right\n`,
  });
  const tried = async (env: Record<string, string>) => {
    const terminal = fakeTerminal(folder, { env });
    await doctor(["--json", "--app", "http://127.0.0.1:1"], terminal);
    const { findings } = JSON.parse(terminal.written()) as { findings: Finding[] };
    return findings.find(({ name }) => name === "the token")?.detail;
  };
  expect(await tried({})).toBe("taken");
  expect(await tried({ SEAWORTHY_TOKEN: "wrong" })).toBe("answered 401");
});

test("a Next.js project without instrumentation is told to start the kit", async () => {
  const folder = await makeRepository({ "package.json": `{ "dependencies": { "next": "16" } }` });
  const args = ["--app", "http://127.0.0.1:1", "--url", "http://127.0.0.1:1"];
  const name = "the application uses the kit";
  expect((await examine(folder, args))[name]).toBe("fails: instrumentation.js does not start it");
  await init(["--yes"], fakeTerminal(folder));
  expect((await examine(folder, args))[name]).toBe("works: instrumentation.js");
});

test("nothing is there: each thing that fails says what to do", async () => {
  const folder = await makeRepository(expressCommonjs);
  const terminal = fakeTerminal(folder);
  const args = ["--app", "http://127.0.0.1:1", "--url", "http://127.0.0.1:1"];
  expect(await doctor(args, terminal)).toBe(1);
  const shown = terminal.written();
  expect(shown).toMatch(
    /^fails {4}the kit is installed {2,}@seaworthy\/sdk is not in package\.json$/m,
  );
  expect(shown).toMatch(/→ npx seaworthy init/);
  expect(shown).toMatch(/^fails {4}the service answers/m);
  expect(shown).toMatch(/^skipped {2}requests are counted/m);
  expect(shown).toMatch(/^fails {4}the platform answers/m);
  expect(shown).toMatch(/5 of \d+ fail\.\n$/);
});

test("a service without the kit, files with faults, a wrong token, and what the platform complains of", async () => {
  const folder = await makeRepository({
    ...expressCommonjs,
    "seaworthy/prometheus.yml": "scrape_configs:\n  - job_name: [\n",
  });
  const bare = await listen(createServer((_, response) => response.writeHead(404).end()));
  const url = await platform("127.0.0.1:9");
  const wrong = await examine(folder, ["--app", bare, "--url", url], "wrong");
  expect(wrong["seaworthy/ can be read"]).toMatch(/^fails: prometheus\.yml: .*line 3/);
  expect(wrong["the service answers"]).toBe("fails: /health/live: 404");
  expect(wrong["the token"]).toBe("fails: answered 401");
  const complaining = await platform("127.0.0.1:9", {
    "/api/v1/rules": {
      data: { groups: [{ rules: [{ name: "A", health: "err", lastError: "no such metric" }] }] },
    },
    "/api/v2/status": { config: { original: "receivers:\n  - name: on-call\n" } },
  });
  await writeFile(
    join(folder, "seaworthy/prometheus.yml"),
    "scrape_configs: [{job_name: a, static_configs: [{targets: ['127.0.0.1:8']}]}]\n",
  );
  const faults = await examine(folder, ["--app", bare, "--url", complaining]);
  expect(faults["the service is scraped"]).toBe("fails: 127.0.0.1:8 is not a target");
  expect(faults["rules are evaluated"]).toBe("fails: A: no such metric");
  expect(faults["somebody is told"]).toBe("fails: no receiver has an integration");
});

test("a service that is not ready says why", async () => {
  const folder = await makeRepository(expressCommonjs);
  const app = await listen(
    createServer((request, response) => {
      if (request.url === "/health/ready") response.writeHead(503);
      const checks = { database: { status: "unhealthy", message: "connection refused" } };
      response.end(
        request.url === "/metrics"
          ? "http_requests_total 5\n"
          : JSON.stringify({ status: "unhealthy", checks }),
      );
    }),
  );
  const findings = await examine(folder, ["--app", app, "--url", "http://127.0.0.1:1"]);
  expect(findings["the service is ready"]).toBe("fails: database: connection refused");
  expect(findings["requests are counted"]).toBe("fails: http_requests_total did not rise");
});

test("wrong use", async () => {
  const terminal = fakeTerminal("/");
  expect(await doctor(["--app", "shop"], terminal)).toBe(2);
  expect(terminal.errors()).toContain('--app "shop" is not a URL');
  expect(await doctor(["--no"], terminal)).toBe(2);
  expect(await doctor(["--help"], terminal)).toBe(0);
  expect(terminal.written()).toContain("Exit codes");
});

test("versions of Node.js, and sums of metrics", () => {
  for (const version of ["20.19.0", "22.1.0", "24.0.0"])
    expect(tryNode(version).result).toBe("works");
  for (const version of ["20.18.9", "18.20.0"]) expect(tryNode(version).result).toBe("fails");
  expect(
    requests(
      '# x\nhttp_requests_total{path="/a b}"} 2\nhttp_requests_total{path="c"} 3\nother 9\n',
    ),
  ).toBe(5);
});
