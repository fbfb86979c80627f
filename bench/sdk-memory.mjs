// Whether the kit's memory stays flat: 10 million requests through a Fastify application with
// everything on (metrics, logs, traces, errors, limits, headers, input filter), its heap and RSS after
// a garbage collection at every million. `--requests N`, `--json`.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    requests: { type: "string", default: "10000000" },
  },
});
const requests = Number(flags.requests);
const every = Math.max(50, Math.floor(requests / 10 / 50) * 50);
const program = (name) => fileURLToPath(new URL(`./sdk/${name}.mjs`, import.meta.url));
const stdio = ["ignore", "ignore", "inherit", "ipc"];
const sink = fork(program("sink"), ["0"], { stdio });
const [{ port }] = await once(sink, "message");
const app = fork(program("memory"), [String(requests), String(every)], {
  stdio,
  execArgv: ["--expose-gc"],
  env: {
    ...process.env,
    NODE_ENV: "production",
    SEAWORTHY_URL: `http://127.0.0.1:${port}`,
    SEAWORTHY_KEY: "bench",
  },
});
const seen = [];
let metrics = "";
const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(1);
app.on("message", (message) => {
  if (message.metrics !== undefined) metrics = message.metrics;
  else {
    seen.push(message);
    const { done, heapUsed, rss, external, cpu } = message;
    if (!flags.json)
      console.log(
        `${done} requests: heap ${megabytes(heapUsed)} MiB, RSS ${megabytes(rss)} MiB, ` +
          `external ${megabytes(external)} MiB, ${(cpu / Math.max(1, done)).toFixed(1)} µs of processor each`,
      );
  }
});
await once(app, "exit");
sink.kill();
if (seen.length < 4) throw new Error("the application ended before its time");

const counted = metrics
  .split("\n")
  .filter((line) => line.startsWith("http_requests_total{"))
  .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
// Caches and compiled code have come by a fifth of the way.
const from = seen[Math.floor(seen.length / 5)];
const to = seen.at(-1);
const perMillion = (what) => (1e6 * (to[what] - from[what])) / (to.done - from.done) / 2 ** 20;
for (const what of ["heapUsed", "rss"]) {
  const result = {
    bench: "sdk-memory",
    case: `growth of ${what} a million requests, from request ${from.done} to ${to.done}`,
    unit: "MiB",
    ours: Number(perMillion(what).toFixed(3)),
    peer: null,
    peerName: null,
    limit: 0,
    ratio: null,
  };
  console.log(flags.json ? JSON.stringify(result) : `${result.case}: ${result.ours} MiB`);
}
// What grows with requests grows with the number of them: of a leak of one byte a request, ten million
// would leave 10 MiB. A heap that ends within a twentieth of where it was after a fifth is flat.
const flat = to.heapUsed <= from.heapUsed * 1.05;
if (!flat) process.exitCode = 1;
if (!flags.json) {
  const [before, after] = [from, to].map(({ heapUsed }) => megabytes(heapUsed));
  console.log(`heap ${before} → ${after} MiB: ${flat ? "flat" : "it grows"}`);
  console.log(`requests counted by http_requests_total: ${counted}`);
  for (const line of metrics.split("\n"))
    if (/^seaworthy_sdk_(dropped|exported|errors|overflow)_total.* [1-9]/.test(line))
      console.log(line);
}
