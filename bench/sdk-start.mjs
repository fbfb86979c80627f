// What the kit adds to an installation and to the start of a service: bytes and packages of its
// dependencies, and processor time, time and memory of a Fastify application until it listens, beside
// the usual stack (bench/sdk/stack, see there) and the bare application. `--rounds N`, `--json`.
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, readFileSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: { json: { type: "boolean", default: false }, rounds: { type: "string", default: "9" } },
});
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const stackInstalled = existsSync(here("./sdk/stack/node_modules"));
const peerName = stackInstalled ? "OpenTelemetry + prom-client + pino-http + Sentry" : null;
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Where `name` is for a package in `folder`, as Node looks for it; undefined for what is not there. */
function find(name, folder) {
  for (let at = folder; ; at = dirname(at)) {
    const found = join(at, "node_modules", name);
    if (existsSync(join(found, "package.json"))) return realpathSync(found);
    if (dirname(at) === at) return undefined;
  }
}

function bytesIn(folder) {
  let bytes = 0;
  for (const name of readdirSync(folder)) {
    if (name === "node_modules") continue;
    const stat = lstatSync(join(folder, name));
    bytes += stat.isDirectory() ? bytesIn(join(folder, name)) : stat.size;
  }
  return bytes;
}

/** The packages that come along with some, themselves included. */
function installed(names, from) {
  const seen = new Set();
  const visit = (name, folder) => {
    const found = find(name, folder);
    if (found === undefined || seen.has(found)) return;
    seen.add(found);
    const { dependencies = {} } = JSON.parse(readFileSync(join(found, "package.json"), "utf8"));
    for (const each of Object.keys(dependencies)) visit(each, found);
  };
  for (const name of names) visit(name, from);
  return seen;
}

const sum = (folders) => [...folders].reduce((total, folder) => total + bytesIn(folder), 0);
const kit = installed(["pino", "prom-client"], here("../packages/sdk"));
const stack = stackInstalled
  ? installed(
      ["@opentelemetry/auto-instrumentations-node", "prom-client", "pino-http", "@sentry/node"],
      here("./sdk/stack"),
    )
  : undefined;

function print(name, unit, ours, peer, limit) {
  const rounded = (value) => (value === undefined ? null : Number(value.toFixed(1)));
  const result = {
    bench: "sdk-start",
    case: name,
    unit,
    ours: rounded(ours),
    peer: rounded(peer),
    peerName,
    limit: rounded(limit),
    ratio: peer === undefined ? null : Number((ours / peer).toFixed(3)),
  };
  if (flags.json) console.log(JSON.stringify(result));
  else
    console.log(
      `${name}: ${result.ours} ${unit}, bare ${result.limit}` +
        (peer === undefined ? "" : `, ${peerName} ${result.peer}`),
    );
}
const megabytes = (bytes) => (bytes === undefined ? undefined : bytes / 2 ** 20);
print(
  "installed size",
  "MiB",
  megabytes(sum(kit) + bytesIn(here("../packages/sdk/dist"))),
  megabytes(stack && sum(stack)),
  0,
);
print("installed packages", "packages", kit.size + 1, stack?.size, 0);

/** Starts one application and ends it when it listens. */
async function start(kind) {
  const started = performance.now();
  const app = fork(here("./sdk/app.mjs"), ["fastify", kind, "0"], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: {
      ...process.env,
      NODE_ENV: "production",
      SEAWORTHY_URL: "http://127.0.0.1:9",
      SEAWORTHY_KEY: "bench",
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
    },
  });
  await once(app, "message");
  const wall = performance.now() - started;
  const answer = once(app, "message");
  app.send("usage");
  const [{ cpu, rss }] = await answer;
  app.kill("SIGKILL");
  await once(app, "exit");
  return { wall, cpu: cpu / 1_000, rss: megabytes(rss) };
}

const kinds = ["bare", "kit", ...(stackInstalled ? ["stack"] : [])];
const runs = new Map(kinds.map((kind) => [kind, []]));
for (const kind of kinds) await start(kind);
for (let round = 0; round < Number(flags.rounds); round += 1)
  for (const kind of kinds) runs.get(kind).push(await start(kind));
for (const [what, name, unit] of [
  ["cpu", "processor time until it listens", "ms"],
  ["wall", "time until it listens", "ms"],
  ["rss", "memory when it listens", "MiB"],
]) {
  const of = (kind) =>
    runs.has(kind) ? median(runs.get(kind).map((run) => run[what])) : undefined;
  print(name, unit, of("kit"), of("stack"), of("bare"));
}
if (!stackInstalled) {
  process.stderr.write("the usual stack is not installed; see bench/sdk/stack\n");
  process.exitCode = 2;
}
