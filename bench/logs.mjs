// How fast log lines come in by each protocol, how small they get, and how fast they are found: against
// the raw engine on the same work (the same rows encoded beforehand; SQL written by hand) as the limit.
// One process; CPU is all of it, the engine's threads included. `--lines N` for the queries (default
// 2,000,000 over 24 h), `--only ingest|queries`, `--json`, `--dir D` keeps the data there and uses it
// again. Run by `npm run bench -- logs`.
import { rm, mkdtemp } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogsQuery } from "../packages/server/dist/query/index.js";
import { createLogReceiver } from "../packages/server/dist/receive/index.js";
import { openTelemetry } from "../packages/server/dist/store/index.js";
import { medianTime } from "./median-time.mjs";

const { compressSync } = createRequire(new URL("../packages/server/package.json", import.meta.url))(
  "snappy",
);
const json = process.argv.includes("--json");
const option = (name) => {
  const place = process.argv.indexOf(name);
  return place < 0 ? undefined : process.argv[place + 1];
};
const LINES = Number(option("--lines") ?? 2_000_000);
const INGESTED = 200_000;
const PER_REQUEST = 1000;
const DAY_MS = 86_400_000;
const silent = { warn() {}, info() {}, error() {}, debug() {} };

function print(row) {
  const { ours, limit, unit } = row;
  const ratio = limit === null ? null : unit.endsWith("/s") ? limit / ours : ours / limit;
  if (json) {
    const full = { bench: "logs", peer: null, peerName: null, ...row, ratio };
    process.stdout.write(`${JSON.stringify(full)}\n`);
    return;
  }
  const beside = limit === null ? "" : ` (raw engine ${round(limit)}, ratio ${ratio.toFixed(2)})`;
  process.stdout.write(`${row.case}: ${round(ours)} ${unit}${beside}\n`);
}
const round = (value) => (value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(2));

let state = 1;
/** Whole numbers below n, the same in each run. */
function random(n) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
}
const pick = (list) => list[random(list.length)];
const hex = (digits) => Array.from({ length: digits }, () => random(16).toString(16)).join("");

/** A line as pino writes it for a request of a web service, with an id of its own. */
function jsonLine(ms, i) {
  const level = pick([30, 30, 30, 30, 40, 50]);
  const url = `/api/${pick(["products", "cart", "checkout", "users", "orders"])}/${random(500)}`;
  return JSON.stringify({
    level,
    time: ms,
    pid: 4242,
    hostname: "web-1.internal.example.com",
    name: "shop-api",
    reqId: i % 10 === 0 ? hex(16) : `req-${(i / 10) | 0}`,
    req: {
      method: pick(["GET", "GET", "POST"]),
      url,
      headers: { host: "shop.example.com", "user-agent": "Mozilla/5.0 (X11; Linux x86_64)" },
      remoteAddress: "10.0.0.7",
    },
    res: { statusCode: pick([200, 200, 200, 201, 404, 500]) },
    responseTime: random(500),
    msg: pick(["request completed", "request completed", "cache miss", "payment authorized"]),
  });
}

function nginxLine(ms) {
  const at = new Date(ms).toISOString();
  return `10.0.${random(8)}.${random(250)} - - [${at}] "GET /static/${random(300)}.js HTTP/1.1" ${pick([200, 200, 304, 404])} ${random(90_000)} "https://shop.example.com/" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"`;
}

function varint(value) {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
const field = (number, bytes) =>
  Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes]);
const numberField = (number, value) => Buffer.concat([Buffer.from([number << 3]), varint(value)]);

/** Bodies of one protocol for lines of [ms, text]. */
const PROTOCOLS = {
  "Loki push, JSON": {
    protocol: "loki",
    contentType: "application/json",
    body: (lines) =>
      Buffer.from(
        JSON.stringify({
          streams: [
            { stream: { app: "shop" }, values: lines.map(([ms, text]) => [`${ms}000000`, text]) },
          ],
        }),
      ),
  },
  "Loki push, protobuf": {
    protocol: "loki",
    contentType: "application/x-protobuf",
    body(lines) {
      const entries = lines.map(([ms, text]) => {
        const time = [numberField(1, Math.floor(ms / 1000)), numberField(2, (ms % 1000) * 1e6)];
        return field(
          2,
          Buffer.concat([field(1, Buffer.concat(time)), field(2, Buffer.from(text))]),
        );
      });
      const stream = Buffer.concat([field(1, Buffer.from('{app="shop"}')), ...entries]);
      return compressSync(field(1, stream));
    },
  },
  "OTLP, protobuf": {
    protocol: "otlp",
    contentType: "application/x-protobuf",
    body(lines) {
      const attribute = (name, value) =>
        Buffer.concat([field(1, Buffer.from(name)), field(2, field(1, Buffer.from(value)))]);
      const records = lines.map(([ms, text]) => {
        const time = Buffer.alloc(9);
        time[0] = 0x09;
        time.writeBigUInt64LE(BigInt(ms) * 1_000_000n, 1);
        return field(
          2,
          Buffer.concat([time, numberField(2, 9), field(5, field(1, Buffer.from(text)))]),
        );
      });
      const resource = field(1, field(1, attribute("service.name", "shop")));
      return field(1, Buffer.concat([resource, field(2, Buffer.concat(records))]));
    },
  },
  "JSON lines": {
    protocol: "lines",
    contentType: "application/x-ndjson",
    body: (lines) => Buffer.from(lines.map(([, text]) => text).join("\n")),
  },
  Datadog: {
    protocol: "datadog",
    contentType: "application/json",
    body: (lines) =>
      Buffer.from(
        JSON.stringify(
          lines.map(([ms, message]) => ({
            message,
            service: "shop",
            timestamp: ms,
            status: "info",
          })),
        ),
      ),
  },
};

async function cpu(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Runs `work` over the items, sixteen at a time, as sixteen senders would. */
async function sixteenAtATime(items, work) {
  const queue = [...items];
  const one = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 16 }, one));
}

async function* piece(body) {
  yield body;
}

function batchOf(lines, service) {
  return {
    streams: [{ app: service, service_name: service }],
    streamOf: new Uint32Array(lines.length),
    times: BigInt64Array.from(lines, ([ms]) => BigInt(ms) * 1_000_000n),
    lines: lines.map(([, text]) => text),
    metadata: lines.map(() => ({ detected_level: "info" })),
  };
}

async function ingest() {
  const now = Date.now();
  const lines = Array.from({ length: INGESTED }, (_, i) => {
    const ms = now - INGESTED + i;
    return [ms, jsonLine(ms, i)];
  });
  const groups = Array.from({ length: INGESTED / PER_REQUEST }, (_, i) =>
    lines.slice(i * PER_REQUEST, (i + 1) * PER_REQUEST),
  );
  let limit = null;
  for (const name of ["limit", ...Object.keys(PROTOCOLS)]) {
    const dir = await mkdtemp(join(tmpdir(), "seaworthy-bench-logs-"));
    const telemetry = await openTelemetry({ dir, log: silent });
    const metrics = { dropped() {}, masked() {}, linesReceived() {} };
    const receiver = createLogReceiver({ logs: telemetry.logs, clock: { now: Date.now }, metrics });
    let seconds;
    if (name === "limit") {
      // What it costs to store lines that are there already, a commit each 50,000.
      const batches = Array.from({ length: INGESTED / 50_000 }, (_, i) =>
        batchOf(lines.slice(i * 50_000, (i + 1) * 50_000), "shop"),
      );
      seconds = await cpu(async () => {
        for (const batch of batches) await telemetry.logs.write(batch);
      });
      limit = INGESTED / seconds;
    } else {
      const { protocol, contentType, body } = PROTOCOLS[name];
      const bodies = groups.map((group) => body(group));
      seconds = await cpu(() =>
        sixteenAtATime(bodies, (bytes) =>
          receiver.receive(protocol, {
            contentType,
            contentEncoding: undefined,
            query: new URLSearchParams(),
            body: piece(bytes),
          }),
        ),
      );
      print({ case: `ingest, ${name}`, unit: "lines per core/s", ours: INGESTED / seconds, limit });
    }
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  }
}

async function load(telemetry, service, lineOf, count, end) {
  const CHUNK = 50_000;
  let bytes = 0;
  for (let from = 0; from < count; from += CHUNK) {
    const lines = Array.from({ length: Math.min(CHUNK, count - from) }, (_, i) => {
      const ms = Math.floor(end - DAY_MS + ((from + i) / count) * DAY_MS);
      const text = lineOf(ms, from + i);
      bytes += text.length;
      return [ms, text];
    });
    await telemetry.logs.write(batchOf(lines, service));
  }
  return bytes;
}

async function number(telemetry, sql) {
  const [block] = await telemetry.select(sql, {}, { timeoutMs: 120_000 });
  return Number([...block.columns.values()][0].data[0]);
}

/** Waits until the engine has merged: what lines are in for good. */
async function merged(telemetry) {
  for (let last = -1; ;) {
    const now = await number(
      telemetry,
      "SELECT count() FROM system.parts WHERE active AND table = 'logs'",
    );
    if (now === last) return;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 3000));
  }
}

async function open() {
  const kept = option("--dir");
  const dir = kept ?? (await mkdtemp(join(tmpdir(), "seaworthy-bench-logs-")));
  const telemetry = await openTelemetry({ dir, log: silent });
  const close = async () => {
    await telemetry.close();
    if (kept === undefined) await rm(dir, { recursive: true, force: true });
  };
  return { telemetry, close };
}

/** Stores the lines, and says what they take of the disk. */
async function fill(telemetry) {
  const end = Date.now();
  const nginx = Math.floor(LINES / 4);
  const kinds = [
    { service: "nginx", lineOf: nginxLine, count: nginx },
    { service: "shop", lineOf: jsonLine, count: LINES - nginx },
  ];
  let stored = 0;
  for (const { service, lineOf, count } of kinds) {
    const bytes = await load(telemetry, service, lineOf, count, end);
    await merged(telemetry);
    const all = await number(
      telemetry,
      "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'logs'",
    );
    const ours = (all - stored) / count;
    stored = all;
    print({
      case: `size, ${service} (${Math.round(bytes / count)} bytes as sent)`,
      unit: "bytes a line",
      ours,
      limit: null,
    });
    print({
      case: `compression, ${service}`,
      unit: "times",
      ours: bytes / count / ours,
      limit: null,
    });
  }
}

async function sizesAndQueries() {
  const { telemetry, close } = await open();
  if ((await number(telemetry, "SELECT count() FROM logs")) === 0) await fill(telemetry);
  await merged(telemetry);
  const end = await number(telemetry, "SELECT toUnixTimestamp64Milli(max(time)) + 1 FROM logs");
  const logs = createLogsQuery({ telemetry });
  const range = {
    startNs: BigInt(end - DAY_MS) * 1_000_000n,
    endNs: BigInt(end) * 1_000_000n,
    direction: "backward",
    limit: 1000,
  };
  // Steps are whole ones, as Grafana and the interface ask for them.
  const first = Math.ceil((end - DAY_MS) / 300_000) * 300_000 + 300_000;
  const aligned = { startMs: first, stepMs: 300_000, count: 287 };
  const anywhere = { startMs: end - DAY_MS + 300_000, stepMs: 300_000, count: 288 };
  const needle = (
    await logs.lines(logs.parse('{app="shop"} |~ `"reqId":"[0-9a-f]{16}"`'), { ...range, limit: 1 })
  )[0].line.match(/"reqId":"([0-9a-f]+)"/)[1];
  const step = "intDiv(toUnixTimestamp(time), 300)";
  /** @type {[string, string, string, typeof aligned?][]} */
  const cases = [
    [
      "needle in all lines",
      `{app=~".+"} |= "${needle}"`,
      `SELECT line FROM logs WHERE line LIKE '%${needle}%' ORDER BY time DESC LIMIT 1000`,
    ],
    [
      "label and needle",
      `{app="shop"} |= "${needle}"`,
      `SELECT line FROM logs WHERE service = 'shop' AND line LIKE '%${needle}%' ORDER BY time DESC LIMIT 1000`,
    ],
    [
      "latest 1,000 of a service",
      '{app="nginx"}',
      `SELECT line FROM logs WHERE service = 'nginx' AND time > fromUnixTimestamp64Milli(toInt64(${end - 3_600_000}), 'UTC') ORDER BY time DESC LIMIT 1000`,
    ],
    [
      "rate by label",
      'sum by (app) (rate({app=~".+"}[5m]))',
      `SELECT CAST(service, 'String') AS s, ${step} AS t, count() FROM logs GROUP BY s, t`,
    ],
    [
      "rate by label, windows that end anywhere",
      'sum by (app) (rate({app=~".+"}[5m]))',
      `SELECT CAST(service, 'String') AS s, ${step} AS t, count() FROM logs GROUP BY s, t`,
      anywhere,
    ],
    [
      "bytes of the day by service",
      'sum by (app) (bytes_over_time({app=~".+"}[23h]))',
      "SELECT CAST(service, 'String') AS s, sum(length(line)) FROM logs GROUP BY s",
      { startMs: end, stepMs: 60_000, count: 1 },
    ],
    [
      "count of a frequent word",
      'sum(count_over_time({app="shop"} |= "payment" [5m]))',
      `SELECT ${step} AS t, count() FROM logs WHERE service = 'shop' AND line LIKE '%payment%' GROUP BY t`,
    ],
    [
      "json field by status",
      'sum by (res_statusCode) (count_over_time({app="shop"} | json | responseTime > 490 [5m]))',
      `SELECT JSONExtractInt(line, 'res', 'statusCode') AS s, ${step} AS t, count() FROM logs WHERE service = 'shop' AND JSONExtractFloat(line, 'responseTime') > 490 GROUP BY s, t`,
    ],
  ];
  for (const [name, query, sql, grid = aligned] of cases) {
    const expr = logs.parse(query);
    const ask = () => (expr.kind === "log" ? logs.lines(expr, range) : logs.metric(expr, grid));
    const byHand = () => telemetry.select(sql, {}, { timeoutMs: 120_000 });
    const ours = await medianTime(5, ask);
    const limit = await medianTime(5, byHand);
    print({
      case: `24 h of ${LINES.toLocaleString("en")} lines, ${name}`,
      unit: "ms",
      ours,
      limit,
    });
  }
  const everything = logs.parse('{app="shop"}');
  const { startNs, endNs } = range;
  const request = { startNs, endNs, stepNs: 3_600_000_000_000n, limit: 50 };
  print({
    case: `24 h of ${LINES.toLocaleString("en")} lines, top patterns of a service`,
    unit: "ms",
    ours: await medianTime(3, () => logs.patterns(everything, request)),
    limit: null,
  });
  await close();
}

if (option("--only") !== "queries") await ingest();
if (option("--only") !== "ingest") await sizesAndQueries();
