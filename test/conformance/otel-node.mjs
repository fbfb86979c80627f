// OpenTelemetry's SDK for Node with its auto-instrumentations, unmodified, in two services that call
// each other: each protocol, and each form of context. DIR is a folder with
// `@opentelemetry/auto-instrumentations-node` installed, e.g. by `npm install` there.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const server = fileURLToPath(new URL("../../packages/server/dist/main.js", import.meta.url));
const TOKEN = "conformance-token-0123456789abcdef";

/** Answers; or, with the address of another such service, asks that one first. */
const SERVICE = `
const http = require("node:http");
const [behind] = process.argv.slice(2);
const server = http.createServer((request, response) => {
  const answer = (status) => { response.statusCode = status; response.end("done"); };
  if (behind === undefined) return answer(request.url === "/fails" ? 500 : 200);
  http.get(behind + request.url, (inner) => { inner.resume(); inner.on("end", () => answer(inner.statusCode)); });
});
server.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port));
`;

/** Case → the protocol of export, the propagator, and the header that a caller sends. */
const CASES = {
  "protobuf, W3C": {
    protocol: "http/protobuf",
    propagators: "tracecontext,baggage",
    headers: (trace, span) => ({ traceparent: `00-${trace}-${span}-01` }),
  },
  "JSON, B3 in one header": {
    protocol: "http/json",
    propagators: "b3",
    headers: (trace, span) => ({ b3: `${trace}-${span}-1` }),
  },
  "JSON, B3 in several headers": {
    protocol: "http/json",
    propagators: "b3multi",
    headers: (trace, span) => ({
      "x-b3-traceid": trace,
      "x-b3-spanid": span,
      "x-b3-sampled": "1",
    }),
  },
};

export async function run(directory, report) {
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-otel-"));
  const started = [];
  /** Starts a process; resolves with the first match of `pattern` in what it says. */
  const start = (args, env, stream, pattern) => {
    const child = spawn(process.execPath, args, {
      cwd: directory,
      env: { ...process.env, ...env },
    });
    started.push(child);
    child[stream === "stdout" ? "stderr" : "stdout"].resume();
    return new Promise((resolve, reject) => {
      createInterface({ input: child[stream] }).on("line", (line) => {
        const found = pattern.exec(line)?.[0];
        if (found !== undefined) resolve(found);
      });
      child.once("exit", (code) => reject(new Error(`${args.join(" ")} ended with ${code}`)));
    });
  };
  try {
    await writeFile(join(folder, "seaworthy.yml"), `http: {port: ${await freePort()}}\n`);
    await writeFile(join(folder, "prometheus.yml"), "{}\n");
    await writeFile(
      join(folder, "alertmanager.yml"),
      "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n",
    );
    await writeFile(join(folder, "service.cjs"), SERVICE);
    const platform = await start(
      [server, "--config", join(folder, "seaworthy.yml"), "--data", join(folder, "data")],
      { SEAWORTHY_TOKEN: TOKEN, UV_THREADPOOL_SIZE: "16" },
      "stderr",
      /(?<=ready at )http:[^\s"]+/,
    );
    const register = "@opentelemetry/auto-instrumentations-node/register";
    for (const [name, { protocol, propagators, headers }] of Object.entries(CASES)) {
      const env = (service) => ({
        OTEL_SERVICE_NAME: service,
        OTEL_EXPORTER_OTLP_ENDPOINT: platform,
        OTEL_EXPORTER_OTLP_HEADERS: `Authorization=Bearer ${TOKEN}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_METRICS_EXPORTER: "none",
        OTEL_LOGS_EXPORTER: "none",
        OTEL_PROPAGATORS: propagators,
        OTEL_BSP_SCHEDULE_DELAY: "200",
      });
      const required = ["--require", register];
      const serve = (service, ...behind) =>
        start(
          [...required, join(folder, "service.cjs"), ...behind],
          env(service),
          "stdout",
          /^http:.*/,
        );
      const front = await serve("front", await serve("back"));
      const trace = randomBytes(16).toString("hex");
      const caller = randomBytes(8).toString("hex");
      await (await fetch(`${front}/fails`, { headers: headers(trace, caller) })).text();
      const spans = await spansOf(platform, trace, 3);
      const said = spans.map(({ service, kind, status, parentId, spanId }) => ({
        service,
        kind,
        status,
        parent:
          parentId === caller
            ? "caller"
            : (spans.find((s) => s.spanId === parentId)?.kind ?? parentId),
        isNew: spanId !== caller,
      }));
      const expected = [
        { service: "front", kind: "server", status: "error", parent: "caller", isNew: true },
        { service: "front", kind: "client", status: "error", parent: "server", isNew: true },
        { service: "back", kind: "server", status: "error", parent: "client", isNew: true },
      ];
      if (JSON.stringify(said) === JSON.stringify(expected)) report.pass();
      else report.fail("otel-node.mjs", name, JSON.stringify(said));
    }
    const map = await ask(platform, "/api/traces/service-map");
    const calls = map.calls.map(({ caller, callee, calls: n, errors }) => [
      caller,
      callee,
      n,
      errors,
    ]);
    const all = Object.keys(CASES).length;
    if (JSON.stringify(calls) === JSON.stringify([["front", "back", all, all]])) report.pass();
    else report.fail("otel-node.mjs", "service map", JSON.stringify(calls));
  } finally {
    for (const [place, child] of started.entries()) {
      child.removeAllListeners("exit");
      const gone = child.exitCode === null ? once(child, "exit") : undefined;
      // The SDK takes SIGTERM for itself; the platform, which came first, ends its database by it.
      child.kill(place === 0 ? "SIGTERM" : "SIGKILL");
      await gone;
    }
    await rm(folder, { recursive: true, force: true });
  }
}

async function freePort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  await once(listener, "close");
  return port;
}

async function ask(platform, path) {
  const response = await fetch(platform + path, { headers: { authorization: `Bearer ${TOKEN}` } });
  const body = await response.json();
  if (!response.ok && response.status !== 404) throw new Error(JSON.stringify(body));
  return response.ok ? body : undefined;
}

/** A trace's spans, once it has so many; what is there after half a minute otherwise. */
async function spansOf(platform, trace, count) {
  for (let i = 0; ; i += 1) {
    const spans = (await ask(platform, `/api/traces/${trace}`))?.spans ?? [];
    if (spans.length >= count || i === 150) return spans;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
