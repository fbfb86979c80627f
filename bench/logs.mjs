// How fast log lines come in by each protocol, how small they get, and how fast they are found: against
// the raw engine on the same work (the same rows encoded beforehand; SQL written by hand) as the limit.
// One process; processor time is all of it, the engine's threads included. `--lines N` for the queries
// (default 10,000,000 over 24 h), `--only ingest,queries`, `--json`; `--dir D` keeps the lines there, with
// what they took of the disk, and uses them again. Run by `npm run bench -- logs`.
import { createLogsQuery } from "../packages/server/dist/query/index.js";
import {
  compareTimes,
  merged,
  number,
  openFilled,
  option,
  partsToRun,
  printer,
} from "./ingest-work.mjs";
import { batchOf, ingestLogs } from "./log-ingest.mjs";
import { jsonLine, nginxLine } from "./log-lines.mjs";

const LINES = Number(option("--lines") ?? 10_000_000);
const DAY_MS = 86_400_000;
const ROUNDS = 5;
const parts = partsToRun(["ingest", "queries"]);
const print = printer("logs", process.argv.includes("--json"));

/** Stores lines of a day; answers their bytes. The engine stores some while the next are made. */
async function load(telemetry, service, lineOf, count, end) {
  const CHUNK = 50_000;
  let bytes = 0;
  let writing = Promise.resolve();
  for (let from = 0; from < count; from += CHUNK) {
    const lines = Array.from({ length: Math.min(CHUNK, count - from) }, (_, i) => {
      const ms = Math.floor(end - DAY_MS + ((from + i) / count) * DAY_MS);
      const text = lineOf(ms, from + i);
      bytes += text.length;
      return [ms, text];
    });
    await writing;
    writing = telemetry.logs.write(batchOf(lines, service));
    // It is heard of when the next are made.
    writing.catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
  }
  await writing;
  return bytes;
}

/** Stores the lines; answers what they take of the disk, as rows of this benchmark. */
async function fill(telemetry) {
  const end = Date.now();
  const nginx = Math.floor(LINES / 4);
  const kinds = [
    { service: "nginx", lineOf: nginxLine, count: nginx },
    { service: "shop", lineOf: jsonLine, count: LINES - nginx },
  ];
  let stored = 0;
  const sizes = [];
  for (const { service, lineOf, count } of kinds) {
    const bytes = await load(telemetry, service, lineOf, count, end);
    await merged(telemetry);
    const all = await number(
      telemetry,
      "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'logs'",
    );
    const ours = (all - stored) / count;
    stored = all;
    const name = `${service} (${Math.round(bytes / count)} bytes as sent)`;
    sizes.push(
      { case: `size, ${name}`, unit: "bytes a line", ours, limit: null },
      { case: `compression, ${name}`, unit: "times", ours: bytes / count / ours, limit: null },
    );
  }
  return sizes;
}

async function sizesAndQueries() {
  const { telemetry, close, sizes } = await openFilled(`logs-${LINES}`, fill);
  for (const size of sizes) print(size);
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
  const whole = `24 h of ${LINES.toLocaleString("en")} lines`;
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
      "latest 1,000 with a frequent word",
      '{app="shop"} |= "payment"',
      `SELECT line FROM logs WHERE service = 'shop' AND time > fromUnixTimestamp64Milli(toInt64(${end - 3_600_000}), 'UTC') AND line LIKE '%payment%' ORDER BY time DESC LIMIT 1000`,
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
    await compareTimes(print, `${whole}, ${name}`, ROUNDS, ask, byHand);
  }
  const everything = logs.parse('{app="shop"}');
  const { startNs, endNs } = range;
  const request = { startNs, endNs, stepNs: 3_600_000_000_000n, limit: 50 };
  const patterns = () => logs.patterns(everything, request);
  await compareTimes(print, `${whole}, top patterns of a service`, ROUNDS, patterns, null);
  await close();
}

if (parts.has("ingest")) await ingestLogs(print);
if (parts.has("queries")) await sizesAndQueries();
