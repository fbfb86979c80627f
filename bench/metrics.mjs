// Metrics beside Prometheus, through the same door: both get the same remote writes and answer the same
// questions over HTTP, one after the other, in the same run. The limit is the raw engine: one SELECT
// that reads the samples which the question needs and adds them up.
//
//   npm run bench -- metrics [--json] [--hours=24] [--scale=1] [--only=REGEX]
//
// Queries are timed, and the processor time of their server is counted, which tells more where others
// use the processors too. With --only, the cases whose name matches are asked, and no other.
//
// At scale 1: 10,000 counters every 60 s, 1,000 counters and 500 gauges every 15 s, for 24 h, and 1,000
// classic histograms of 10 buckets every 15 s for the last hour: some 25 million samples.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { ProtoWriter } from "../packages/server/dist/show/proto-writer.js";
import { familyOf, openTelemetry } from "../packages/server/dist/store/index.js";
import { freePort } from "./free-port.mjs";
import { medianTime } from "./median-time.mjs";

const { compressSync } = createRequire(new URL("../packages/server/package.json", import.meta.url))(
  "snappy",
);
const json = process.argv.includes("--json");
const option = (name, otherwise) =>
  Number(process.argv.find((arg) => arg.startsWith(`--${name}=`))?.split("=")[1] ?? otherwise);
const HOURS = option("hours", 24);
const SCALE = option("scale", 1);
const ROUNDS = 5;
const ONLY = new RegExp(
  process.argv.find((arg) => arg.startsWith("--only="))?.slice("--only=".length) ?? "",
);
const CONNECTIONS = 4;
const SLICE_MS = 15 * 60_000;
const SAMPLES_OF_REQUEST = 10_000;
const TOKEN = "bench-token-of-the-metrics";
const END_MS = Math.floor(Date.now() / 60_000) * 60_000;
const START_MS = END_MS - HOURS * 3_600_000;
const BOUNDS = ["0.005", "0.01", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "10", "+Inf"];

if (spawnSync("prometheus", ["--version"]).status !== 0) {
  process.stderr.write("the peer is not installed: apt-get install prometheus\n");
  process.exit(2);
}

/** What is written: how many series of each metric, how often, from when. */
const METRICS = [
  { name: "big_total", series: 10_000 * SCALE, everyMs: 60_000, fromMs: START_MS, counter: true },
  { name: "mid_total", series: 1000 * SCALE, everyMs: 15_000, fromMs: START_MS, counter: true },
  { name: "level", series: 500 * SCALE, everyMs: 15_000, fromMs: START_MS, counter: false },
  {
    name: "wait_bucket",
    series: 10_000 * SCALE,
    everyMs: 15_000,
    fromMs: END_MS - 3_600_000,
    counter: true,
  },
];

function labelsOf(name, i) {
  const labels = { __name__: name, instance: `host-${i % 997}:9100`, job: `job-${i % 10}` };
  if (name === "wait_bucket") {
    labels.le = BOUNDS[i % BOUNDS.length];
    labels.route = `/r/${Math.floor(i / BOUNDS.length)}`;
  } else {
    labels.n = String(i);
    labels.status = String(200 + (i % 4));
  }
  return labels;
}

/** Counters grow by small steps, gauges wander with one decimal. */
class Values {
  #values = new Map();
  #seed = 1;

  next({ name, counter }, i) {
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    const key = `${name}/${i}`;
    const before = this.#values.get(key) ?? (counter ? 0 : 500);
    const step = counter ? this.#seed % 23 : ((this.#seed % 201) - 100) / 10;
    const value = counter ? before + step : Math.round((before + step) * 10) / 10;
    this.#values.set(key, value);
    return value;
  }
}

/** The bodies of remote writes: a list for each slice of time, which must go before the next. */
function* slices() {
  const values = new Values();
  for (let from = START_MS; from < END_MS; from += SLICE_MS) {
    const slice = [];
    for (const metric of METRICS) {
      if (from < metric.fromMs) continue;
      let writer = new ProtoWriter();
      let samples = 0;
      for (let i = 0; i < metric.series; i += 1) {
        const labels = labelsOf(metric.name, i);
        writer.message(1, () => {
          for (const label of Object.keys(labels).sort()) {
            writer.message(1, () => {
              writer.text(1, label);
              writer.text(2, labels[label]);
            });
          }
          // Scrapes of one target come at its own moment, a few ms more or less.
          const phase = (i * 7919) % metric.everyMs;
          for (let at = from; at < from + SLICE_MS; at += metric.everyMs) {
            samples += 1;
            writer.message(2, () => {
              writer.double(1, values.next(metric, i));
              writer.int64(2, at + phase + (samples % 3));
            });
          }
        });
        if (samples >= SAMPLES_OF_REQUEST || i === metric.series - 1) {
          slice.push({ samples, body: compressSync(writer.finish()) });
          writer = new ProtoWriter();
          samples = 0;
        }
      }
    }
    yield slice;
  }
}

async function ready(url, child) {
  for (;;) {
    const ok = await fetch(`${url}/-/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    if (child.exitCode !== null) throw new Error(`${url} ended before it was ready`);
    await delay(100);
  }
}

async function startOurs(folder) {
  await writeFile(join(folder, "prometheus.yml"), "global: {}\n");
  await writeFile(
    join(folder, "alertmanager.yml"),
    "route: {receiver: none}\nreceivers: [{name: none}]\n",
  );
  const config = join(folder, "seaworthy.yml");
  await writeFile(config, "limits: {query_timeout: 2m}\n");
  const port = await freePort();
  const main = fileURLToPath(new URL("../packages/server/dist/main.js", import.meta.url));
  const child = spawn(
    process.execPath,
    [main, "--config", config, "--data", join(folder, "ours"), "--port", String(port), "--no-demo"],
    {
      cwd: folder,
      stdio: ["ignore", "ignore", process.argv.includes("--log") ? "inherit" : "ignore"],
      env: {
        ...process.env,
        SEAWORTHY_TOKEN: TOKEN,
        UV_THREADPOOL_SIZE: "16",
        SEAWORTHY_LOG_LEVEL: "warn",
      },
    },
  );
  return server("ours", `http://127.0.0.1:${port}`, child, { authorization: `Bearer ${TOKEN}` });
}

async function startPeer(folder) {
  const config = join(folder, "peer.yml");
  await writeFile(config, "");
  const port = await freePort();
  const data = join(folder, "peer");
  await mkdir(data);
  const child = spawn(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--web.enable-remote-write-receiver",
      "--web.enable-admin-api",
    ],
    { stdio: "ignore" },
  );
  return server("peer", `http://127.0.0.1:${port}`, child, {});
}

async function server(name, url, child, headers) {
  await ready(url, child);
  return { name, url, child, headers };
}

async function write({ url, headers }, body) {
  const answer = await fetch(`${url}/api/v1/write`, {
    method: "POST",
    headers: {
      ...headers,
      "content-encoding": "snappy",
      "content-type": "application/x-protobuf",
      "x-prometheus-remote-write-version": "0.1.0",
    },
    body,
  });
  if (!answer.ok)
    throw new Error(`${url} refused samples: ${answer.status} ${await answer.text()}`);
}

async function ask({ url, headers }, path, parameters) {
  const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`, {
    headers,
  });
  const { status, error, data } = await answer.json();
  if (status !== "success") throw new Error(`${url} refused ${parameters.query}: ${error}`);
  return data.result.length;
}

/** CPU seconds and resident bytes of a process and its children. */
async function usage(pid) {
  let [seconds, bytes] = [0, 0];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const text = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    if (Number(entry) !== pid && Number(fields[1]) !== pid) continue;
    seconds += (Number(fields[11]) + Number(fields[12])) / 100;
    bytes += Number(fields[21]) * 4096;
  }
  return { seconds, bytes };
}

async function sizeOf(path) {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.size;
  let sum = 0;
  for (const name of await readdir(path)) sum += await sizeOf(join(path, name));
  return sum;
}

/** Runs the jobs of an iterator, so many at a time. */
async function pooled(jobs, width, run) {
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const job of jobs) await run(job);
    }),
  );
}

/** `cost`: less is better. The ratio is below 1 where ours is better. */
function report(name, unit, ours, peer, limit, cost = true) {
  const ratio = Number((cost ? ours / peer : peer / ours).toFixed(3));
  const round = (value) => (value === undefined ? undefined : Number(value.toPrecision(4)));
  const result = {
    bench: "metrics",
    case: name,
    unit,
    ours: round(ours),
    peer: round(peer),
    peerName: "Prometheus",
    limit: round(limit),
    ratio,
  };
  const raw = limit === undefined ? "" : `, the engine alone ${result.limit}`;
  const shown = `${name}: ${result.ours} ${unit}, Prometheus ${result.peer}${raw}, ratio ${ratio}`;
  process.stdout.write(`${json ? JSON.stringify(result) : shown}\n`);
}

const day = { start: END_MS / 1000 - (HOURS - 0.5) * 3600, end: END_MS / 1000 - 60, step: 60 };
const now = END_MS / 1000 - 60;
/** What is asked, and the hours of a metric that the engine alone must read for it. */
const QUERIES = [
  {
    name: "instant sum over 10k series",
    path: "query",
    parameters: { query: "sum by (job) (big_total)", time: now },
    metric: "big_total",
    hours: 0.1,
    rounds: 50,
  },
  {
    name: "5 series, 1 h rate",
    path: "query_range",
    parameters: { query: 'rate(mid_total{n=~"[1-5]"}[5m])', start: now - 3600, end: now, step: 15 },
    metric: "mid_total",
    hours: 1.1,
    rounds: 50,
  },
  {
    name: "1k series, 24 h sum of rates",
    path: "query_range",
    parameters: { query: "sum by (status) (rate(mid_total[5m]))", ...day },
    metric: "mid_total",
    hours: HOURS,
  },
  {
    name: "10k series, 24 h sum of rates",
    path: "query_range",
    parameters: { query: "sum by (status) (rate(big_total[5m]))", ...day },
    metric: "big_total",
    hours: HOURS,
  },
  {
    name: "max_over_time, 23 h of 1k series",
    path: "query",
    parameters: { query: `max_over_time(mid_total[${HOURS - 1}h])`, time: now },
    metric: "mid_total",
    hours: HOURS,
  },
  {
    name: "histogram_quantile over 10k buckets",
    path: "query_range",
    parameters: {
      query: "histogram_quantile(0.99, sum by (le, job) (rate(wait_bucket[5m])))",
      start: now - 1800,
      end: now,
      step: 15,
    },
    metric: "wait_bucket",
    hours: 1,
  },
];

const folder = await mkdtemp(join(tmpdir(), "sw-bench-metrics-"));
const ours = await startOurs(folder);
const peer = await startPeer(folder);
try {
  let total = 0;
  const spent = new Map();
  // One after the other, slice by slice, so that both meet the same weather.
  for (const slice of slices()) {
    for (const { samples } of slice) total += samples;
    for (const side of [ours, peer]) {
      const before = await usage(side.child.pid);
      const began = performance.now();
      await pooled(slice.values(), CONNECTIONS, ({ body }) => write(side, body));
      const after = await usage(side.child.pid);
      const { wall = 0, cpu = 0 } = spent.get(side.name) ?? {};
      spent.set(side.name, {
        wall: wall + (performance.now() - began) / 1000,
        cpu: cpu + after.seconds - before.seconds,
      });
    }
  }
  const rate = (side, key) => total / spent.get(side.name)[key] / 1e6;
  report(
    "remote write, 4 connections",
    "M samples/s",
    rate(ours, "wall"),
    rate(peer, "wall"),
    undefined,
    false,
  );
  report(
    "remote write, by CPU",
    "M samples/s/core",
    rate(ours, "cpu"),
    rate(peer, "cpu"),
    undefined,
    false,
  );

  await delay(5000);
  const times = new Map();
  const processor = new Map();
  /** Times what is asked of each side, and counts the processor time of it, ms. */
  const measure = async (name, rounds, work) => {
    if (!ONLY.test(name)) return;
    times.set(name, []);
    processor.set(name, []);
    for (const side of [ours, peer]) {
      const before = await usage(side.child.pid);
      times.get(name).push(await medianTime(rounds, () => work(side)));
      const after = await usage(side.child.pid);
      // medianTime has one round more, to warm up.
      processor.get(name).push(((after.seconds - before.seconds) * 1000) / (rounds + 1));
    }
  };
  for (const { name, path, parameters, rounds = ROUNDS } of QUERIES) {
    const counts = new Set();
    await measure(name, rounds, async (side) => counts.add(await ask(side, path, parameters)));
    if (counts.size > 1)
      throw new Error(`${name}: different numbers of series: ${[...counts].join(" and ")}`);
  }
  const panels = Array.from({ length: 100 }, (_, i) => ({
    query: [
      `sum by (status) (rate(mid_total{job="job-${i % 10}"}[5m]))`,
      `avg(level{job="job-${i % 10}"})`,
    ][i % 2],
    start: now - 3600,
    end: now,
    step: 15,
  }));
  const rules = Array.from({ length: 1000 }, (_, i) => ({
    query: `sum(rate(mid_total{job="job-${i % 10}",status="${200 + (i % 4)}"}[5m])) > ${i}`,
    time: now,
  }));
  for (const { name, path, asked, width } of [
    { name: "100 dashboards' panels at once", path: "query_range", asked: panels, width: 100 },
    { name: "1,000 rules' expressions, 4 at a time", path: "query", asked: rules, width: 4 },
  ]) {
    await measure(name, ROUNDS, (side) =>
      pooled(asked.values(), width, (one) => ask(side, path, one)),
    );
  }
  const memory = [await usage(ours.child.pid), await usage(peer.child.pid)];
  const snapshot = await fetch(`${peer.url}/api/v1/admin/tsdb/snapshot`, { method: "POST" });
  const { data } = await snapshot.json();
  const peerBytes = await sizeOf(join(folder, "peer", "snapshots", data.name));
  ours.child.kill();
  await once(ours.child, "exit");

  const telemetry = await openTelemetry({
    dir: join(folder, "ours", "clickhouse"),
    log: pino({ level: "silent" }),
  });
  const limits = new Map();
  for (const { name, metric, hours } of QUERIES.filter(({ name: each }) => times.has(each))) {
    const sql = `SELECT sum(value) AS x FROM samples WHERE family = {family:UInt32}
      AND time > fromUnixTimestamp64Milli({from:Int64}, 'UTC')`;
    const from = Math.round(END_MS - hours * 3_600_000);
    limits.set(
      name,
      await medianTime(ROUNDS, () => telemetry.select(sql, { family: familyOf(metric), from })),
    );
  }
  const blocks = await telemetry.select(
    "SELECT toFloat64(sum(bytes_on_disk)) AS x FROM system.parts WHERE active AND database = currentDatabase() AND table IN ('samples', 'series')",
  );
  const ourBytes = Number(blocks[0].columns.get("x").data[0]);
  if (process.argv.includes("--columns")) {
    const columns = await telemetry.select(
      "SELECT concat(table, '.', column) AS c, toFloat64(sum(column_data_compressed_bytes)) AS x FROM system.parts_columns WHERE active AND database = currentDatabase() AND table IN ('samples', 'series') GROUP BY c ORDER BY x DESC",
    );
    for (const { columns: found } of columns) {
      found.get("c").data.forEach((c, i) => console.log(c, found.get("x").data[i] / total));
    }
  }
  await telemetry.close();

  for (const [name, [a, b]] of times) report(name, "ms", a, b, limits.get(name));
  for (const [name, [a, b]] of processor) report(`${name}, processor`, "ms", a, b);
  report("disk", "bytes/sample", ourBytes / total, peerBytes / total);
  report("memory after all of it", "MB", memory[0].bytes / 1e6, memory[1].bytes / 1e6);
  if (!json)
    process.stdout.write(
      `${total} samples of ${METRICS.reduce((n, m) => n + m.series, 0)} series\n`,
    );
} finally {
  for (const { child } of [ours, peer]) if (child.exitCode === null) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
