// How fast a scraped body becomes samples: the parser alone in MB/s, and whole scrapes of a large
// target beside Prometheus's. Run after `npm run build`; `--json` prints one object a line.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../packages/server/dist/model/index.js";
import { createScraper, loadPrometheusConfig } from "../packages/server/dist/receive/index.js";
import { parseWhole } from "../packages/server/dist/receive/scrape/format/parser.js";
import { TextParser } from "../packages/server/dist/receive/scrape/format/text.js";
import { createSelf } from "../packages/server/dist/self/index.js";

const json = process.argv.includes("--json");
const ROUNDS = 7;
const SERIES = 100_000;

/** What a service exposes: histograms by route and status, counters and gauges with odd decimals. */
function exposition(series, step) {
  const lines = [];
  for (let i = 0; lines.length < series; i += 1) {
    const route = `/api/v1/resource-${i}/items`;
    lines.push(
      `# HELP http_request_duration_seconds_${i} Duration of HTTP requests in seconds.`,
      `# TYPE http_request_duration_seconds_${i} histogram`,
    );
    for (const le of ["0.005", "0.01", "0.05", "0.1", "0.5", "1", "5", "+Inf"]) {
      lines.push(
        `http_request_duration_seconds_bucket{method="GET",route="${route}",status="200",le="${le}"} ${i * 7 + step}`,
      );
    }
    lines.push(
      `http_request_duration_seconds_sum{method="GET",route="${route}",status="200"} ${(i + step) * 0.123456789}`,
      `process_resident_memory_bytes{service="shop-${i}"} ${1e8 + i * 4096 + step}`,
    );
  }
  return Buffer.from(`${lines.join("\n")}\n`);
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

function report(result) {
  if (json) console.log(JSON.stringify({ bench: "scrape-parse", ...result }));
  else
    console.log(
      Object.entries(result)
        .map(([name, value]) => `${name}=${value}`)
        .join("  "),
    );
}

function timed(work) {
  const started = performance.now();
  work();
  return (performance.now() - started) / 1000;
}

function parserAlone() {
  const bodies = Array.from({ length: ROUNDS }, (_, step) => exposition(SERIES, step));
  const megabytes = bodies[0].length / 1e6;
  const first = [];
  const steady = [];
  const limit = [];
  const parser = new TextParser((labels) => labels);
  for (const body of bodies) {
    const fresh = new TextParser((labels) => labels);
    first.push(timed(() => parseWhole(fresh, body)));
    steady.push(timed(() => parseWhole(parser, body)));
    // The least that any reader of lines must do.
    limit.push(
      timed(() => {
        for (let at = body.indexOf(10); at >= 0; at = body.indexOf(10, at + 1));
      }),
    );
  }
  const rate = (seconds) => Number((megabytes / median(seconds)).toFixed(1));
  const common = { unit: "MB/s", peer: null, peerName: null, limit: rate(limit), ratio: null };
  report({ case: "parse a body of new series", ours: rate(first), ...common });
  report({ case: "parse a body of known series", ours: rate(steady.slice(1)), ...common });
}

async function wholeScrapes() {
  const body = exposition(SERIES, 0);
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const directory = await mkdtemp(join(tmpdir(), "sw-bench-scrape-"));
  const file = join(directory, "prometheus.yml");
  await writeFile(
    file,
    `global: {scrape_interval: 2s}\nscrape_configs: [{job_name: a, enable_http2: false, static_configs: [{targets: ['127.0.0.1:${server.address().port}']}]}]\n`,
  );
  try {
    const ours = await ourScrape(file);
    const peer =
      spawnSync("prometheus", ["--version"]).status === 0
        ? await peerScrape(file, directory)
        : undefined;
    report({
      case: `scrape ${SERIES} known series (ours without the store, the peer's with its append in memory)`,
      unit: "s",
      ours,
      peer: peer ?? null,
      peerName: peer === undefined ? null : "Prometheus",
      limit: null,
      ratio: peer === undefined ? null : Number((ours / peer).toFixed(2)),
    });
    if (peer === undefined) process.exitCode = 2;
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function ourScrape(file) {
  const seconds = [];
  let enough;
  const done = new Promise((resolve) => {
    enough = resolve;
  });
  const samples = {
    async write(batch) {
      // The report stands last: up, the duration, three counts.
      seconds.push(batch.values[batch.values.length - 4]);
      if (seconds.length > ROUNDS) enough();
    },
    describe() {},
  };
  const self = createSelf({ version: "bench", level: "silent", stream: { write() {} } });
  const scraper = createScraper({
    samples,
    clock: systemClock,
    log: self.log,
    announce() {},
    metrics: self.metrics,
    seed: "bench",
  });
  await scraper.apply(await loadPrometheusConfig(file));
  scraper.start();
  await done;
  await scraper.stop();
  self.stop();
  return Number(median(seconds.slice(1)).toFixed(4));
}

async function peerScrape(file, directory) {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  const prometheus = spawn(
    "prometheus",
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(directory, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ],
    { stdio: "ignore" },
  );
  try {
    await new Promise((resolve) => setTimeout(resolve, (ROUNDS + 2) * 2000));
    const query = new URLSearchParams({ query: "scrape_duration_seconds[1m]" });
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?${query}`);
    const { data } = await response.json();
    const values = data.result[0].values.map(([, value]) => Number(value));
    return Number(median(values.slice(1)).toFixed(4));
  } finally {
    prometheus.kill();
    await once(prometheus, "exit");
  }
}

parserAlone();
await wholeScrapes();
