// What those cost who look after a service. A probe of the health endpoints when the results of the
// checks are cached: the 99th percentile of /health and /health/detailed with ten checks, beside the
// same server answering a constant; one connection, one request at a time, alternating. And a scrape of
// 10,000 series of requests, and of 10,000 of the application's own: how long it takes to write, and
// how long it holds the event loop, beside prom-client writing the same. `--requests N` of each
// (default 10000), `--json`. The aims: 1 ms, 20 ms, 5 ms; exits with 1 when one is missed.
import { Agent, createServer, get } from "node:http";
import { parseArgs } from "node:util";
import { createKit } from "../packages/sdk/dist/index.js";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    requests: { type: "string", default: "10000" },
  },
});
const { json } = flags;
const WARM_UP = 2_000;
const REQUESTS = Number(flags.requests);
if (!(REQUESTS >= 100)) {
  process.stderr.write("--requests must be 100 or more\n");
  process.exit(2);
}
const missed = [];
/** Says a result, and whether it is within what it aims at. */
function say(result, aim) {
  const met = result.ours < aim;
  if (!met) missed.push(result.case);
  const { case: name, unit, ours, peer, peerName } = result;
  const line = json
    ? JSON.stringify({ bench: "sdk-health", ...result })
    : `${name}: ${ours} ${unit} (${peerName} ${peer}); the aim, ${aim} ${unit}, is ${met ? "met" : "missed"}`;
  process.stdout.write(`${line}\n`);
}
const rounded = (value) => Number(value.toFixed(3));

const kit = createKit({ service: "bench", logs: { level: "silent" } });
for (let index = 0; index < 10; index += 1)
  kit.health.check(`check ${index}`, () => new Promise((resolve) => setImmediate(resolve)));
const constant = JSON.stringify({ status: "healthy" });
const server = createServer((request, response) => {
  if (kit.http.serve(request, response)) return;
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": constant.length,
  });
  response.end(constant);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address();
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function once(path) {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent }, (response) => {
      response.once("end", () => resolve(performance.now() - started)).resume();
    }).once("error", reject);
  });
}

const paths = ["/health", "/health/detailed", "/constant"];
const times = new Map(paths.map((path) => [path, new Float64Array(REQUESTS)]));
for (let index = -WARM_UP; index < REQUESTS; index += 1)
  for (const path of paths) {
    const time = await once(path);
    if (index >= 0) times.get(path)[index] = time;
  }
agent.destroy();
server.close();

const p99 = (path) => times.get(path).sort()[Math.floor(REQUESTS * 0.99)];
for (const path of ["/health", "/health/detailed"]) {
  const [ours, limit] = [p99(path), p99("/constant")];
  say(
    {
      case: `GET ${path}, cached, p99 with the client's own time`,
      unit: "ms",
      ours: rounded(ours),
      peer: rounded(limit),
      peerName: "the same server answering a constant",
      limit: rounded(limit),
      ratio: rounded(ours / limit),
    },
    1,
  );
}

const SERIES = 10_000;
const SCRAPES = 100;

/** As many series of requests as a service with so many routes, methods and statuses has. */
async function requestSeries() {
  const many = createKit({
    service: "bench",
    logs: { level: "silent" },
    metrics: { processMetrics: false, maxPaths: 5_000, maxSeries: SERIES },
  });
  const busy = createServer((request, response) => {
    const exchange = many.http.begin(request, response);
    exchange.template = new URL(request.url, "http://x").pathname;
    response.end();
  });
  await new Promise((resolve) => busy.listen(0, "127.0.0.1", resolve));
  const own = new Agent({ keepAlive: true, maxSockets: 8 });
  const ask = (path) =>
    new Promise((resolve, reject) => {
      get({ host: "127.0.0.1", port: busy.address().port, path, agent: own }, (response) => {
        response.once("end", resolve).resume();
      }).once("error", reject);
    });
  for (let index = 0; countOf(await many.registry.metrics()) < SERIES; index += 20)
    await Promise.all(Array.from({ length: 20 }, (_, at) => ask(`/route/${index + at}`)));
  own.destroy();
  busy.close();
  return many;
}

function ownSeries() {
  const many = createKit({
    service: "bench",
    logs: { level: "silent" },
    metrics: { processMetrics: false },
  });
  for (let metric = 0; metric < SERIES / 1_000; metric += 1)
    for (let index = 0; index < 1_000; index += 1)
      many.count(`orders_${metric}_total`, { shop: `shop ${index}` });
  return many;
}

const countOf = (text) => text.split("\n").filter((line) => /^[a-z]/.test(line)).length;

/** The median of how long some scrapes took, and the longest time for which one held the loop. */
async function scrapes(write) {
  const took = [];
  const held = [];
  for (let index = 0; index < SCRAPES; index += 1) {
    let over = false;
    let longest = 0;
    let turned = performance.now();
    const turn = () => {
      const now = performance.now();
      longest = Math.max(longest, now - turned);
      turned = now;
      if (!over) setImmediate(turn);
    };
    setImmediate(turn);
    await new Promise((resolve) => setImmediate(resolve));
    const started = performance.now();
    await write();
    took.push(performance.now() - started);
    over = true;
    await new Promise((resolve) => setImmediate(resolve));
    held.push(longest);
  }
  const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  return { took: median(took), held: median(held) };
}

for (const [name, many] of new Map([
  ["of requests", await requestSeries()],
  ["of the application's own", ownSeries()],
])) {
  const endpoint = () => many.http.answer({ method: "GET", url: "/metrics", headers: {} });
  const series = countOf((await endpoint()).body);
  const ours = await scrapes(endpoint);
  const peer = await scrapes(() => many.registry.metrics());
  for (const [what, text, aim] of [
    ["took", "until it is written", 20],
    ["held", "holds the event loop at a time", 5],
  ])
    say(
      {
        case: `a scrape of ${series} series ${name}, ${text}, median of ${SCRAPES}`,
        unit: "ms",
        ours: rounded(ours[what]),
        peer: rounded(peer[what]),
        peerName: "prom-client",
        limit: aim,
        ratio: rounded(ours[what] / peer[what]),
      },
      aim,
    );
  await many.shutdown();
}
if (!json)
  process.stdout.write(
    missed.length === 0 ? "all aims are met\n" : `missed: ${missed.join("; ")}\n`,
  );
process.exitCode = missed.length === 0 ? 0 : 1;
