// How fast samples come in by remote write: the same requests to Seaworthy and to a real Prometheus,
// each as a process of its own, from 1 and from 8 connections, and rows of the same samples into the
// raw engine as the limit. CPU is the receiving process's own time, per core; the senders' is not in it.
// `--samples N` (default 2,000,000), `--json`. Run by `npm run bench -- remote-write`.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbedded } from "../packages/server/dist/store/clickhouse/embedded.js";
import { defaultTelemetryLimits } from "../packages/server/dist/store/clickhouse/limits.js";
import { encodeBlock } from "../packages/server/dist/store/clickhouse/native-format.js";
import { memoryOf, startPrometheus, startSeaworthy } from "./write-targets.mjs";

/** A dependency of the server, not of the workspace. */
const { compressSync } = createRequire(new URL("../packages/server/package.json", import.meta.url))(
  "snappy",
);

const json = process.argv.includes("--json");
const at = process.argv.indexOf("--samples");
const SAMPLES = at < 0 ? 2_000_000 : Number(process.argv[at + 1]);
const SERIES = 10_000;
/** What a Prometheus puts into one request (max_samples_per_send). */
const PER_REQUEST = 2000;
const STEP = 15_000;
const TOKEN = "benchmark-token-0123456789abcdef";
const TICKS = 100;

function varint(value) {
  const bytes = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

const field = (tag, bytes) => Buffer.concat([Buffer.from([tag]), varint(bytes.length), bytes]);

/** The label bytes of each series: what a service behind a mesh has. */
function seriesLabels() {
  return Array.from({ length: SERIES }, (_, i) => {
    const labels = {
      __name__: `http_request_duration_seconds_${i % 40}_bucket`,
      cluster: "eu-1",
      instance: `10.0.${i % 50}.7:9100`,
      job: `service-${i % 40}`,
      le: String(((i >> 4) % 12) * 0.25),
      method: ["GET", "POST"][i & 1],
      route: `/api/v1/resource-${i % 97}/items`,
      series: String(i),
      status: String(200 + (i % 5)),
    };
    const one = ([name, value]) =>
      field(0x0a, Buffer.concat([field(0x0a, Buffer.from(name)), field(0x12, Buffer.from(value))]));
    return Buffer.concat(Object.entries(labels).map(one));
  });
}

/**
 * The requests of each connection, in the order in which a Prometheus with so many shards sends them:
 * one scrape of all its series after another, a series always over the same connection.
 */
function requests(start, connections) {
  const labels = seriesLabels();
  const values = new Float64Array(SERIES);
  const queues = Array.from({ length: connections }, () => ({ bodies: [], parts: [] }));
  for (let n = 0; n < SAMPLES; n += 1) {
    const i = n % SERIES;
    const { bodies, parts } = queues[i % connections];
    values[i] += (i * 7 + n) % 13;
    const sample = Buffer.alloc(9);
    sample[0] = 0x09;
    sample.writeDoubleLE(values[i], 1);
    const time = start + Math.floor(n / SERIES) * STEP;
    const body = Buffer.concat([sample, Buffer.from([0x10]), varint(time)]);
    parts.push(field(0x0a, Buffer.concat([labels[i], field(0x12, body)])));
    if (parts.length === PER_REQUEST || n >= SAMPLES - connections) {
      bodies.push(compressSync(Buffer.concat(parts)));
      parts.length = 0;
    }
  }
  return queues.map(({ bodies }) => bodies);
}

/** The CPU time of a process and its children, seconds. */
function cpuOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Sends each queue over a connection of its own; answers wall and CPU seconds. */
async function measure(url, headers, pid, queues) {
  const cpu = cpuOf(pid);
  const began = performance.now();
  const sender = async (bodies) => {
    for (const body of bodies) {
      for (;;) {
        // One request at a time a sender: as many connections as senders.
        const answer = await fetch(`${url}/api/v1/write`, { method: "POST", headers, body });
        const text = await answer.text();
        if (answer.ok) break;
        if (answer.status !== 503) throw new Error(`${answer.status}: ${text}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  await Promise.all(queues.map(sender));
  const wall = (performance.now() - began) / 1000;
  // What was put off until later is work as well.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  return { wall, cpu: cpuOf(pid) - cpu };
}

const HEADERS = {
  "content-type": "application/x-protobuf",
  "content-encoding": "snappy",
  "x-prometheus-remote-write-version": "0.1.0",
};

async function ours(folder, bodies) {
  const headers = { ...HEADERS, authorization: `Bearer ${TOKEN}` };
  return run(await startSeaworthy(folder, { token: TOKEN }), headers, bodies);
}

const peer = async (folder, bodies) => run(await startPrometheus(folder), HEADERS, bodies);

async function run({ child, url }, headers, bodies) {
  try {
    const found = {};
    for (const connections of Object.keys(bodies)) {
      found[connections] = await measure(url, headers, child.pid, bodies[connections]);
    }
    return { ...found, memory: Math.round(memoryOf(child.pid) / 1024 / 1024) };
  } finally {
    child.kill();
    await once(child, "exit");
  }
}

/** Rows of the same shape straight into a table like ours, 100,000 at a time. */
async function engine(folder) {
  const limits = { ...defaultTelemetryLimits };
  const engine = await openEmbedded(folder, limits);
  await engine.execute(
    `CREATE TABLE samples (family UInt32 CODEC(Delta, ZSTD(1)), series UInt64 CODEC(Delta, ZSTD(1)),
      time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)), value Float64 CODEC(Gorilla, ZSTD(1)))
    ENGINE = ReplacingMergeTree PARTITION BY toDate(time)
    ORDER BY (family, toStartOfInterval(time, INTERVAL 30 MINUTE), series, time)`,
  );
  const rows = 100_000;
  const began = performance.now();
  const before = process.cpuUsage();
  for (let n = 0; n < SAMPLES; n += rows) {
    const block = encodeBlock(rows, [
      {
        name: "family",
        type: "UInt32",
        data: Uint32Array.from({ length: rows }, (_, i) => i % 40),
      },
      {
        name: "series",
        type: "UInt64",
        data: BigUint64Array.from({ length: rows }, (_, i) => BigInt((i * 7919) % SERIES)),
      },
      {
        name: "time",
        type: "DateTime64(3, 'UTC')",
        data: Float64Array.from(
          { length: rows },
          (_, i) => START + Math.floor((n + i) / SERIES) * STEP,
        ),
      },
      {
        name: "value",
        type: "Float64",
        data: Float64Array.from({ length: rows }, (_, i) => n + i),
      },
    ]);
    await engine.insert("samples", block);
  }
  const wall = (performance.now() - began) / 1000;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const used = process.cpuUsage(before);
  await engine.close();
  return { wall, cpu: (used.user + used.system) / 1e6 };
}

const START = Math.floor(Date.now() / 1000) * 1000 - Math.ceil(SAMPLES / SERIES) * STEP;
const rate = (seconds) => Math.round(SAMPLES / seconds);

function report(result) {
  if (json) console.log(JSON.stringify({ bench: "remote-write", ...result }));
  else {
    const { case: name, unit, ours: mine, peer: theirs, limit, ratio } = result;
    console.log(`${name}: ${mine} ${unit}, Prometheus ${theirs}, engine ${limit}, ratio ${ratio}`);
  }
}

if (spawnSync("prometheus", ["--version"]).status !== 0) {
  process.stderr.write("prometheus is not installed\n");
  process.exit(2);
}
const folder = await mkdtemp(join(tmpdir(), "sw-bench-remote-write-"));
try {
  // The second run goes on where the first ended, in time.
  const span = Math.ceil(SAMPLES / SERIES) * STEP;
  const bodies = { 1: requests(START - span, 1), 8: requests(START, 8) };
  const limit = await engine(join(folder, "engine"));
  const theirs = await peer(join(folder, "peer"), bodies);
  const mine = await ours(join(folder, "ours"), bodies);
  const common = { peerName: "Prometheus" };
  for (const connections of [1, 8]) {
    const [a, b] = [mine[connections], theirs[connections]];
    report({
      case: `${connections} connection${connections > 1 ? "s" : ""}, per core`,
      unit: "samples/s of CPU",
      ours: rate(a.cpu),
      peer: rate(b.cpu),
      limit: rate(limit.cpu),
      ratio: Number((a.cpu / b.cpu).toFixed(2)),
      ...common,
    });
    report({
      case: `${connections} connection${connections > 1 ? "s" : ""}, as it comes`,
      unit: "samples/s",
      ours: rate(a.wall),
      peer: rate(b.wall),
      limit: rate(limit.wall),
      ratio: Number((a.wall / b.wall).toFixed(2)),
      ...common,
    });
  }
  report({
    case: "memory afterwards",
    unit: "MiB",
    ours: mine.memory,
    peer: theirs.memory,
    limit: null,
    ratio: Number((mine.memory / theirs.memory).toFixed(2)),
    ...common,
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}
