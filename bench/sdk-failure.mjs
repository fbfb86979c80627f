// Whether an application notices what happens to Seaworthy: a Fastify application with all of the kit
// on, under a constant load, while Seaworthy is killed, hangs, answers garbage, answers a byte a
// second, in turn, and is well in between, so that a noisy machine is noisy for both. Prints the
// application's errors, its p99 in the windows of each kind, its memory and what the kit dropped.
// `--minutes N` of failing in all (default 5), `--rate N` requests a second (default 400),
// `--window N` seconds (default 10), `--json`.
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    minutes: { type: "string", default: "5" },
    rate: { type: "string", default: "400" },
    window: { type: "string", default: "10" },
  },
});
const failures = ["killed", "hanging", "garbage", "a byte a second"];
const rate = Number(flags.rate);
const windowMs = Number(flags.window) * 1_000;
const rounds = Math.max(
  1,
  Math.round((Number(flags.minutes) * 60_000) / windowMs / failures.length),
);
const program = (name) => fileURLToPath(new URL(`./sdk/${name}.mjs`, import.meta.url));
const quiet = { stdio: ["ignore", "ignore", "inherit", "ipc"] };

let sink;
async function startSink(port) {
  sink = fork(program("sink"), [String(port)], quiet);
  return (await once(sink, "message"))[0].port;
}
const sinkPort = await startSink(0);

async function put(mode) {
  if (mode === "killed") {
    sink.kill("SIGKILL");
    await once(sink, "exit");
    return;
  }
  if (sink.signalCode !== null) await startSink(sinkPort);
  const done = once(sink, "message");
  sink.send(mode);
  await done;
}

const app = fork(program("app"), ["fastify", "kit", "0"], {
  ...quiet,
  env: {
    ...process.env,
    NODE_ENV: "production",
    SEAWORTHY_URL: `http://127.0.0.1:${sinkPort}`,
    SEAWORTHY_KEY: "bench",
  },
});
const [{ port }] = await once(app, "message");
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

let errors = 0;
/** One request; tells its duration from when it was due, so that a queue is seen. */
function request(due, times) {
  return new Promise((resolve) => {
    const failed = () => {
      errors += 1;
      resolve();
    };
    get({ host: "127.0.0.1", port, path: "/items/42", agent, timeout: 10_000 }, (response) => {
      if (response.statusCode !== 200) errors += 1;
      response.on("error", failed).resume();
      response.once("end", () => {
        times.push(performance.now() - due);
        resolve();
      });
    })
      .on("timeout", failed)
      .on("error", failed);
  });
}

/** A constant load for one window: requests are made when they are due, whether or not others ended. */
async function load(times, duration) {
  const started = performance.now();
  const under = [];
  let sent = 0;
  while (performance.now() - started < duration) {
    const due = Math.floor(((performance.now() - started) * rate) / 1_000);
    for (; sent < due; sent += 1) under.push(request(started + (sent * 1_000) / rate, times));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(under);
}

async function usage() {
  const answer = once(app, "message");
  app.send("usage");
  return (await answer)[0];
}

const times = new Map(["healthy", ...failures].map((mode) => [mode, []]));
const used = new Map();
const memory = [];
await load([], 5_000);
const loadsBefore = (await import("node:os")).loadavg()[0];
for (let round = 0; round < rounds; round += 1)
  for (const failing of failures)
    for (const mode of ["healthy", failing]) {
      await put(mode);
      const before = (await usage()).cpu;
      const count = times.get(mode).length;
      await load(times.get(mode), windowMs);
      const after = await usage();
      const { cpu, requests } = used.get(mode) ?? { cpu: 0, requests: 0 };
      used.set(mode, {
        cpu: cpu + after.cpu - before,
        requests: requests + times.get(mode).length - count,
      });
      memory.push(after.rss);
    }
const scraped = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
app.kill();
sink.kill();
agent.destroy();

const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor(values.length * q)];
const rounded = (value) => Number(value.toFixed(3));
const say = (result) =>
  console.log(
    flags.json
      ? JSON.stringify({ bench: "sdk-failure", ...result })
      : `${result.case}: ${result.ours} ${result.unit}; ${result.peerName} ${result.peer}`,
  );
const control = "while Seaworthy is well";
const all = failures.flatMap((mode) => times.get(mode));
/** Says two quantiles of some times beside those of the windows in which Seaworthy was well. */
function compare(name, values) {
  for (const q of [0.5, 0.99]) {
    const [ours, peer] = [quantile(values, q), quantile(times.get("healthy"), q)];
    say({
      case: `${name}: p${q * 100} of ${values.length} requests`,
      unit: "ms",
      ours: rounded(ours),
      peer: rounded(peer),
      peerName: control,
      limit: null,
      ratio: rounded(ours / peer),
    });
  }
}
for (const mode of failures) compare(mode, times.get(mode));
compare("all of them", all);
for (const mode of failures) {
  const each = (name) => used.get(name).cpu / used.get(name).requests;
  say({
    case: `${mode}: processor time a request`,
    unit: "µs",
    ours: rounded(each(mode)),
    peer: rounded(each("healthy")),
    peerName: control,
    limit: null,
    ratio: rounded(each(mode) / each("healthy")),
  });
}
const quarter = Math.max(1, Math.floor(memory.length / 4));
const megabytes = (some) => rounded(Math.max(...some) / 2 ** 20);
say({
  case: "most memory (RSS) in the last quarter of the run",
  unit: "MiB",
  ours: megabytes(memory.slice(-quarter)),
  peer: megabytes(memory.slice(0, quarter)),
  peerName: "in the first quarter",
  limit: null,
  ratio: rounded(megabytes(memory.slice(-quarter)) / megabytes(memory.slice(0, quarter))),
});
say({
  case: "requests that failed",
  unit: "requests",
  ours: errors,
  peer: all.length + times.get("healthy").length,
  peerName: "of",
  limit: 0,
  ratio: null,
});
if (!flags.json) {
  for (const line of scraped.split("\n"))
    if (/^seaworthy_sdk_(dropped|exported|errors)_total.* [1-9]/.test(line)) console.log(line);
  console.log(`load of the machine at the start: ${loadsBefore.toFixed(1)}`);
}
process.exitCode = errors === 0 ? 0 : 1;
