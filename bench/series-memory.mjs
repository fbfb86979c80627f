// Memory at many active series: the same remote writes to Seaworthy and to a real Prometheus, three
// samples of each series, one process after the other; then what the process holds when it has come to
// rest. `--series N` (default 1,000,000), `--json`. Run by `npm run bench -- series-memory`.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ProtoWriter } from "../packages/server/dist/show/proto-writer.js";
import { processorSeconds } from "./processor-seconds.mjs";
import { memoryOf, startPrometheus, startSeaworthy } from "./write-targets.mjs";

const { compressSync } = createRequire(new URL("../packages/server/package.json", import.meta.url))(
  "snappy",
);
const json = process.argv.includes("--json");
const at = process.argv.indexOf("--series");
const SERIES = at < 0 ? 1_000_000 : Number(process.argv[at + 1]);
const TICKS = 3;
const STEP_MS = 15_000;
const SERIES_OF_REQUEST = 5000;
const CONNECTIONS = 4;
/** For garbage to be collected and merges to end. */
const REST_MS = 20_000;
const TOKEN = "bench-token-of-the-memory";
const START_MS = Math.floor(Date.now() / 1000) * 1000 - TICKS * STEP_MS;

if (spawnSync("prometheus", ["--version"]).status !== 0) {
  process.stderr.write("the peer is not installed: apt-get install prometheus\n");
  process.exit(2);
}

/** What a service behind a mesh has: some 230 bytes of labels, most of them shared with others. */
function labelsOf(i) {
  return {
    __name__: `http_request_duration_seconds_${i % 40}_bucket`,
    cluster: "eu-1",
    instance: `10.0.${i % 250}.7:9100`,
    job: `service-${i % 40}`,
    le: String(((i >> 4) % 12) * 0.25),
    method: ["GET", "POST"][i & 1],
    pod: `service-${i % 40}-${(i * 2_654_435_761) % 4_294_967_296}`,
    route: `/api/v1/resource-${i % 97}/items`,
    status: String(200 + (i % 5)),
  };
}

function request(tick, first) {
  const writer = new ProtoWriter();
  const last = Math.min(SERIES, first + SERIES_OF_REQUEST);
  for (let i = first; i < last; i += 1) {
    writer.message(1, () => {
      for (const [name, value] of Object.entries(labelsOf(i))) {
        writer.message(1, () => {
          writer.text(1, name);
          writer.text(2, value);
        });
      }
      writer.message(2, () => {
        writer.double(1, i + tick);
        writer.int64(2, START_MS + tick * STEP_MS);
      });
    });
  }
  return compressSync(writer.finish());
}

async function send(url, headers, body) {
  for (;;) {
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
    const text = await answer.text();
    if (answer.ok) return;
    if (answer.status !== 503) throw new Error(`${answer.status}: ${text}`);
    await delay(200);
  }
}

/** Each series goes over the same connection in each round, as a Prometheus's shards do it. */
async function fill(url, headers) {
  for (let tick = 0; tick < TICKS; tick += 1) {
    const sender = async (own) => {
      for (let n = own; n * SERIES_OF_REQUEST < SERIES; n += CONNECTIONS)
        await send(url, headers, request(tick, n * SERIES_OF_REQUEST));
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, own) => sender(own)));
  }
}

async function measure({ child, url }, headers) {
  try {
    await delay(2000);
    const empty = memoryOf(child.pid);
    const before = await processorSeconds(child.pid);
    await fill(url, headers);
    const processor = (await processorSeconds(child.pid)) - before;
    const filled = memoryOf(child.pid);
    await delay(REST_MS);
    return { empty, filled, rest: memoryOf(child.pid), processor };
  } finally {
    child.kill();
    await once(child, "exit");
  }
}

async function ours(folder) {
  // The server's own series come on top.
  const settings = `limits: {series: ${SERIES + 100_000}}\n`;
  const started = await startSeaworthy(folder, { token: TOKEN, settings });
  return measure(started, { authorization: `Bearer ${TOKEN}` });
}

const peer = async (folder) => measure(await startPrometheus(folder), {});

const MiB = 1024 * 1024;

function report(name, unit, mine, theirs) {
  const ratio = Number((mine / theirs).toFixed(2));
  const [a, b] = [Math.round(mine), Math.round(theirs)];
  const result = { bench: "series-memory", case: name, unit, ours: a, peer: b };
  if (json) console.log(JSON.stringify({ ...result, peerName: "Prometheus", limit: null, ratio }));
  else console.log(`${name}: ${a} ${unit}, Prometheus ${b}, ratio ${ratio}`);
}

const folder = await mkdtemp(join(tmpdir(), "sw-bench-series-"));
try {
  const theirs = await peer(join(folder, "peer"));
  const mine = await ours(join(folder, "ours"));
  const name = `${SERIES.toLocaleString("en")} series`;
  report(`${name}, as they came`, "MiB", mine.filled / MiB, theirs.filled / MiB);
  report(`${name}, at rest`, "MiB", mine.rest / MiB, theirs.rest / MiB);
  const each = ({ rest, empty }) => (rest - empty) / SERIES;
  report("a series more than an empty server", "bytes", each(mine), each(theirs));
  report("processor time", "s", mine.processor, theirs.processor);
} finally {
  await rm(folder, { recursive: true, force: true });
}
