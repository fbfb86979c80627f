// How fast PromQL is evaluated: our engine over samples in memory, beside a Prometheus that answers
// the same queries on the same samples from its own blocks (its time includes HTTP and JSON on the
// loopback). The limit is one pass over every sample that the query needs.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, Labels } from "@seaworthy/promql";
import { freePort } from "./free-port.mjs";
import { medianTime } from "./median-time.mjs";

const json = process.argv.includes("--json");
const SERIES = 1000;
const SAMPLES = 1440;
const INTERVAL_MS = 15_000;
const START_MS = 1_700_000_000_000;
const ROUNDS = 5;
const END_MS = START_MS + (SAMPLES - 1) * INTERVAL_MS;

const QUERIES = [
  "sum by (status) (rate(x_total[5m]))",
  "rate(x_total[5m])",
  "max_over_time(x_total[1h])",
  "avg_over_time(x_total[1h])",
  "sum by (job) (x_total)",
  "x_total / on (instance) group_left x_total",
  "topk(5, rate(x_total[5m]))",
  "quantile by (job) (0.9, x_total)",
];

/** Counters of small steps that start again now and then. */
function makeSeries() {
  return Array.from({ length: SERIES }, (_, s) => {
    const times = new Float64Array(SAMPLES);
    const values = new Float64Array(SAMPLES);
    let counter = 0;
    for (let i = 0; i < SAMPLES; i += 1) {
      counter = (i + s) % 1000 === 0 ? 0 : counter + ((i * 7 + s) % 11);
      times[i] = START_MS + i * INTERVAL_MS + 1;
      values[i] = counter;
    }
    const labels = Labels.from({
      __name__: "x_total",
      instance: `i${s}`,
      job: `j${s % 5}`,
      status: String(200 + (s % 4)),
    });
    return { labels, times, values };
  });
}

async function writeBlocks(series, folder) {
  const file = join(folder, "samples.txt");
  const out = createWriteStream(file);
  out.write("# TYPE x counter\n");
  for (const { labels, times, values } of series) {
    const pairs = [...labels].filter(([name]) => name !== "__name__");
    const metric = `x_total{${pairs.map(([name, value]) => `${name}="${value}"`).join(",")}}`;
    let text = "";
    times.forEach((time, i) => {
      text += `${metric} ${values[i]} ${(time / 1000).toFixed(3)}\n`;
    });
    if (!out.write(text)) await once(out, "drain");
  }
  out.end("# EOF\n");
  await once(out, "close");
  const made = spawnSync("promtool", ["tsdb", "create-blocks-from", "openmetrics", file, folder], {
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(`promtool: ${made.stderr}`);
  await rm(file);
}

async function startPeer(folder) {
  const port = await freePort();
  const config = join(folder, "prometheus.yml");
  await writeFile(config, "");
  const child = spawn(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${folder}`,
      "--storage.tsdb.retention.time=100y",
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  for await (const line of child.stderr) {
    if (String(line).includes("Server is ready")) break;
  }
  return { url: `http://127.0.0.1:${port}`, child };
}

function onePass(series) {
  let sum = 0;
  for (const { times, values } of series) {
    for (let i = 0; i < times.length; i += 1) sum += times[i] + values[i];
  }
  return sum;
}

if (spawnSync("prometheus", ["--version"]).status !== 0) {
  process.stderr.write("the peer is not installed: apt-get install prometheus\n");
  process.exit(2);
}
const series = makeSeries();
const source = {
  *select() {
    yield* series;
  },
};
const engine = createEngine();
const folder = await mkdtemp(join(tmpdir(), "sw-bench-promql-"));
await writeBlocks(series, folder);
const { url, child } = await startPeer(folder);
const from = START_MS + 3_600_000;
const limit = await medianTime(ROUNDS, () => onePass(series));
for (const query of QUERIES) {
  const ours = await medianTime(ROUNDS, () => engine.range(query, from, END_MS, 60_000, source));
  const asked = new URLSearchParams({ query, start: from / 1000, end: END_MS / 1000, step: 60 });
  const peer = await medianTime(ROUNDS, async () => {
    const answer = await fetch(`${url}/api/v1/query_range?${asked}`);
    const { status } = await answer.json();
    if (status !== "success") throw new Error(`Prometheus refused ${query}`);
  });
  const result = {
    bench: "promql",
    case: query,
    unit: "ms",
    ours: Number(ours.toFixed(2)),
    peer: Number(peer.toFixed(2)),
    peerName: "Prometheus",
    limit: Number(limit.toFixed(2)),
    ratio: Number((ours / peer).toFixed(3)),
  };
  const shown = `${query}: ${result.ours} ms, Prometheus ${result.peer} ms, ratio ${result.ratio}`;
  process.stdout.write(`${json ? JSON.stringify(result) : shown}\n`);
}
child.kill();
await once(child, "exit");
await rm(folder, { recursive: true, force: true });
