// What the kit costs an application: requests a second, p99 and processor time a request of a bare
// Fastify and a bare Express application, with all of the kit on, and with the usual stack made by
// hand; and with security headers, a rate limit in memory and the input filter on top of the kit.
// Needs wrk. All servers stay up and are loaded in turn, round after round, so that a noisy machine is
// noisy for each of them; each kind has two processes, as V8 does not do the same in each. While it
// runs the cores are kept awake, where that is permitted (/dev/cpu_dma_latency, by root): wrk sleeps
// between the answers of a server that is slower, and waking its core would be counted as the server's.
// `--json` prints one object a line; `--rounds N`, `--seconds N` and `--only fastify|express` shorten
// it; `--node PATH` runs the servers by another Node.
import { spawn, spawnSync } from "node:child_process";
import { pbkdf2Sync } from "node:crypto";
import { once } from "node:events";
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { startServer, startSink } from "./sdk/servers.mjs";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "3" },
    only: { type: "string" },
    node: { type: "string", default: process.execPath },
  },
});
const rounds = Number(flags.rounds);
const seconds = Number(flags.seconds);
const connections = 32;
const handlers = { "empty handler": "/items/42", "1 ms of work": "/work/42" };
const stackInstalled = existsSync(new URL("./sdk/stack/node_modules", import.meta.url));
const protectedKit = "kit headers limits filter";
const kinds = ["bare", "kit", protectedKit, ...(stackInstalled ? ["stack"] : [])];
const processes = 2;

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const rounded = (value, digits = 3) => Number(value.toFixed(digits));

/** How many turns of the servers' work take a millisecond here. */
function iterationsPerMillisecond() {
  const turns = 10_000;
  const times = Array.from({ length: 9 }, () => {
    const started = performance.now();
    pbkdf2Sync("", "", turns, 16, "sha256");
    return performance.now() - started;
  });
  return Math.round(turns / median(times));
}

/** Asks the kernel to let no core sleep, until what is returned is called; undefined when it may not. */
function keepAwake() {
  try {
    const latency = openSync("/dev/cpu_dma_latency", "w");
    // Longest time that waking may take, in µs: a signed number of 32 bits.
    writeSync(latency, Buffer.alloc(4));
    return () => closeSync(latency);
  } catch {
    return undefined;
  }
}

async function load(server, path, duration) {
  const before = await server.ask("usage");
  const wrk = spawn(
    "wrk",
    ["-t1", `-c${connections}`, `-d${duration}s`, "--latency", server.url + path],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let text = "";
  wrk.stdout.on("data", (chunk) => (text += chunk));
  await once(wrk, "close");
  const after = await server.ask("usage");
  const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
  if (!(requests > 0) || /Non-2xx/.test(text)) throw new Error(`wrk failed:\n${text}`);
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)\b/.exec(text);
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]),
    p99: Number(p99) * { us: 0.001, ms: 1, s: 1000 }[unit],
    cpu: (after.cpu - before.cpu) / requests,
    rss: after.rss,
  };
}

function print(result) {
  if (flags.json) console.log(JSON.stringify({ bench: "sdk", ...result }));
  else
    console.log(
      `${result.case}: ${result.ours} ${result.unit}, bare ${result.limit}` +
        (result.peer === null ? "" : `, ${result.peerName} ${result.peer}`) +
        `; ${result.with} ${(100 * (result.ours / result.limit)).toFixed(1)} % of bare`,
    );
}

async function compare(framework, iterations, sinkUrl) {
  const servers = [];
  for (let each = 0; each < processes; each += 1)
    for (const kind of kinds)
      servers.push(await startServer(framework, kind, { sinkUrl, iterations, node: flags.node }));
  try {
    for (const [handler, path] of Object.entries(handlers)) {
      const runs = new Map(kinds.map((kind) => [kind, []]));
      for (const server of servers) await load(server, path, 2);
      for (let round = 0; round < rounds; round += 1)
        for (const server of round % 2 === 0 ? servers : servers.toReversed())
          runs.get(server.kind).push(await load(server, path, seconds));
      const of = (kind, what) =>
        runs.has(kind) ? rounded(median(runs.get(kind).map((run) => run[what]))) : null;
      for (const kind of ["kit", protectedKit])
        for (const [what, unit] of [
          ["rate", "req/s"],
          ["p99", "ms p99"],
          ["cpu", "µs of processor a request"],
        ]) {
          const [ours, limit, peer] = [of(kind, what), of("bare", what), of("stack", what)];
          const better = what === "rate" ? peer / ours : ours / peer;
          print({
            case: `${framework}, ${handler}${kind === "kit" ? "" : ", protected"}`,
            unit,
            ours,
            peer,
            peerName: peer === null ? null : "OpenTelemetry + prom-client + pino-http + Sentry",
            limit,
            ratio: peer === null ? null : rounded(better),
            with: kind === "kit" ? "with the kit" : "with headers, limit and filter too",
          });
        }
    }
  } finally {
    for (const { child } of servers) child.kill();
  }
}

if (spawnSync("wrk", ["-v"]).error !== undefined) {
  process.stderr.write("wrk is not installed (Debian: apt-get install wrk)\n");
  process.exit(2);
}
const asleep = keepAwake();
if (asleep === undefined)
  process.stderr.write(
    "cores may sleep here (/dev/cpu_dma_latency is root's): waking counts too\n",
  );
const sink = await startSink();
const iterations = iterationsPerMillisecond();
for (const framework of ["fastify", "express"])
  if (flags.only === undefined || flags.only === framework)
    await compare(framework, iterations, sink.url);
sink.close();
asleep?.();
if (!stackInstalled) {
  process.stderr.write("the usual stack is not installed; see bench/sdk/stack\n");
  process.exitCode = 2;
}
