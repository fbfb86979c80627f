// Whether an application notices what happens to Seaworthy: a Fastify application with all of the kit
// on, under a constant load, while Seaworthy is killed, hangs, answers garbage, answers a byte a
// second, in turn. Beside each window of failure there is one in which Seaworthy is well, before it and
// after it by turns, so that a noisy machine is noisy for both; how much p99 moved is the median of
// these pairs, and the same is said of windows that are all well, which is the machine's own noise.
// Prints the application's errors, its p99 in the windows of each kind, its processor time, its memory,
// what the kit dropped, and whether the aims are met: no error, and p99 moved by less than 5 %.
// `--seconds N` of each failure (default 75; 300 are five minutes, 41 in all), `--rate N` requests a
// second (default 400), `--window N` seconds (default 10), `--json`. Exits with 1 when an aim is missed.
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    seconds: { type: "string", default: "75" },
    rate: { type: "string", default: "400" },
    window: { type: "string", default: "10" },
  },
});
for (const name of ["seconds", "rate", "window"])
  if (!(Number(flags[name]) > 0)) {
    process.stderr.write(`--${name} must be a number above 0\n`);
    process.exit(2);
  }
const failures = ["killed", "hanging", "garbage", "a byte a second"];
const rate = Number(flags.rate);
const windowMs = Number(flags.window) * 1_000;
const rounds = Math.max(1, Math.round((Number(flags.seconds) * 1_000) / windowMs));
const program = (name) => fileURLToPath(new URL(`./sdk/${name}.mjs`, import.meta.url));
const quiet = { stdio: ["ignore", "ignore", "inherit", "ipc"] };

/** What a child says next; its end is an error rather than a wait without end. */
async function said(child) {
  const over = new AbortController();
  try {
    return await Promise.race([
      once(child, "message", { signal: over.signal }).then(([message]) => message),
      once(child, "exit", { signal: over.signal }).then(([code, signal]) => {
        throw new Error(`a process of the benchmark ended: ${code ?? signal}`);
      }),
    ]);
  } finally {
    over.abort();
  }
}

let sink;
/** Starts what is sent to. Its port may be in use for a moment by a connection of somebody else. */
async function startSink(port, attempts = 20) {
  sink = fork(program("sink"), [String(port)], quiet);
  try {
    return (await said(sink)).port;
  } catch (error) {
    if (attempts === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return startSink(port, attempts - 1);
  }
}
const sinkPort = await startSink(0);

async function put(mode) {
  if (mode === "killed") {
    sink.kill("SIGKILL");
    await once(sink, "exit");
    return;
  }
  if (sink.signalCode !== null) await startSink(sinkPort);
  const done = said(sink);
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
const { port } = await said(app);
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

let errors = 0;
/** One request; tells its duration from when it was due, so that a queue is seen. */
function request(due, times) {
  return new Promise((resolve) => {
    let open = true;
    const end = (failed) => {
      if (!open) return;
      open = false;
      if (failed) errors += 1;
      else times.push(performance.now() - due);
      resolve();
    };
    const call = get({ host: "127.0.0.1", port, path: "/items/42", agent, timeout: 10_000 });
    call.once("response", (response) => {
      response.once("error", () => end(true)).resume();
      response.once("end", () => end(response.statusCode !== 200));
    });
    call.once("error", () => end(true));
    call.once("timeout", () => call.destroy(new Error("no answer within 10 s")));
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
  const answer = said(app);
  app.send("usage");
  return answer;
}

const quantile = (values, q) =>
  values.length === 0
    ? Number.NaN
    : values.toSorted((a, b) => a - b)[Math.floor(values.length * q)];
const modes = ["healthy", ...failures];
const times = new Map(modes.map((mode) => [mode, []]));
const used = new Map(modes.map((mode) => [mode, { cpu: 0, requests: 0 }]));
/** By failure, the p99 of each of its windows over that of the well one beside it. */
const moved = new Map(failures.map((mode) => [mode, []]));
const memory = [];
await load([], 5_000);
const loadBefore = loadavg()[0];

/** One window; the p99 of its requests. */
async function window(mode) {
  await put(mode);
  const before = (await usage()).cpu;
  const own = [];
  await load(own, windowMs);
  const after = await usage();
  for (const time of own) times.get(mode).push(time);
  const sum = used.get(mode);
  sum.cpu += after.cpu - before;
  sum.requests += own.length;
  memory.push(after.rss);
  return quantile(own, 0.99);
}

/** The p99 of each window in which Seaworthy was well, in the order in which they were. */
const well = [];
for (let round = 0; round < rounds; round += 1)
  for (const failing of failures) {
    const p99 = {};
    const pair = ["healthy", failing];
    for (const mode of round % 2 === 0 ? pair : pair.toReversed()) p99[mode] = await window(mode);
    well.push(p99.healthy);
    moved.get(failing).push(p99[failing] / p99.healthy);
  }
const scraped = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
app.kill();
sink.kill();
agent.destroy();

const median = (values) => quantile(values, 0.5);
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
/** Pairs of windows that were both well, as far apart as the others' are. */
const noise = well.slice(1).map((p99, at) => p99 / well[at]);
const share = (ratio) => rounded(100 * (ratio - 1));
for (const [mode, ratios] of new Map([["well, and well again", noise], ...moved]))
  say({
    case: `${mode}: how much p99 moved, median of ${ratios.length} pairs of windows`,
    unit: "%",
    ours: share(median(ratios)),
    peer: 0,
    peerName: control,
    limit: 5,
    ratio: rounded(median(ratios)),
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
const missed = [
  ...(errors === 0 ? [] : [`${errors} requests failed`]),
  // Not a number, where no window had a request, is a miss too.
  ...failures
    .filter((mode) => !(median(moved.get(mode)) < 1.05))
    .map((mode) => `${mode}: p99 moved by ${share(median(moved.get(mode)))} %`),
];
const verdict = missed.length === 0 ? "met" : `missed: ${missed.join("; ")}`;
if (flags.json)
  say({
    case: `no error, and p99 moved by less than 5 %: ${verdict}`,
    unit: "aims missed",
    ours: missed.length,
    peer: null,
    peerName: null,
    limit: 0,
    ratio: null,
  });
else {
  for (const line of scraped.split("\n"))
    if (/^seaworthy_sdk_(dropped|exported|errors)_total.* [1-9]/.test(line)) console.log(line);
  console.log(
    `load of the machine at the start ${loadBefore.toFixed(1)}, at the end ${loadavg()[0].toFixed(1)}`,
  );
  console.log(
    `no error, and p99 moved by less than 5 % (of windows that are well ${share(median(noise))} %): ${verdict}`,
  );
}
process.exitCode = missed.length === 0 ? 0 : 1;
