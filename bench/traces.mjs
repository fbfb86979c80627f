// How fast spans come in by each protocol, how small they get, and how fast traces are found: against
// the raw engine on the same work (the same spans stored at once; SQL written by hand) as the limit.
// One process; processor time is all of it, the engine's threads included. `--spans N` for the queries
// (default 4,000,000 over 24 h), `--only ingest,queries`, `--json`; `--dir D` keeps the spans there and
// uses them again. Run by `npm run bench -- traces`.
import { gzipSync } from "node:zlib";
import { createTracesQuery } from "../packages/server/dist/query/index.js";
import { createTraceReceiver } from "../packages/server/dist/receive/index.js";
import { SpanRows } from "../packages/server/dist/store/clickhouse/traces/span-rows.js";
import {
  attributeField,
  compareTimes,
  countedMetrics,
  engineCosts,
  field,
  fixedField,
  inFolder,
  merged,
  number,
  numberField,
  openFilled,
  openStore,
  option,
  partsToRun,
  piece,
  printer,
  processorTime,
  seededRandom,
  sixteenAtATime,
} from "./ingest-work.mjs";

const SPANS = Number(option("--spans") ?? 4_000_000);
const ROUNDS = 5;
const PER_COMMIT = 25_000;
const INGESTED = 100_000;
const PER_REQUEST = 500;
const DAY_NS = 86_400_000_000_000n;
const parts = partsToRun(["ingest", "queries"]);
const print = printer("traces", process.argv.includes("--json"));
const random = seededRandom();
const pick = (list) => list[random(list.length)];
const hex = (digits) => Array.from({ length: digits }, () => random(16).toString(16)).join("");
/** Most are quick and some are slow, as durations are; ns. */
const took = (ms) =>
  BigInt(Math.round(ms * 1e6 * Math.exp((random(1000) + random(1000) - 1000) / 300)));

const SERVICES = ["catalogue", "cart", "checkout", "orders", "search", "users", "prices", "mail"];
const RESOURCES = new Map(
  ["gateway", ...SERVICES].flatMap((name) =>
    [0, 1, 2].map((n) => [
      `${name}${n}`,
      {
        "service.name": name,
        "service.version": `2.4.${n}`,
        "host.name": `${name}-${n}.internal.example.com`,
        "telemetry.sdk.language": "nodejs",
        "telemetry.sdk.version": "2.1.0",
        "deployment.environment.name": "production",
      },
    ]),
  ),
);

/** A request: the gateway asks a service, which asks its database and maybe another service. 8 spans. */
function* traceAt(startNs) {
  const traceId = hex(32);
  const failed = random(50) === 0;
  const service = pick(SERVICES);
  const other = pick(SERVICES);
  const route = `/api/${service}/${pick(["list", "show", "update", ":id", "batch"])}`;
  const whole = took(40);
  const span = (of, parentId, name, kind, after, share, attributes) => ({
    traceId,
    spanId: hex(16),
    parentId,
    service: of,
    name,
    kind,
    startNs: startNs + (whole * BigInt(after)) / 100n,
    durationNs: (whole * BigInt(share)) / 100n,
    status: failed && kind !== "internal" ? "error" : "unset",
    statusMessage: failed && kind === "server" ? "the upstream did not answer" : "",
    scope: "@opentelemetry/instrumentation-http",
    resource: RESOURCES.get(`${of}${random(3)}`),
    attributes,
    events: [],
    links: [],
  });
  const http = {
    "http.request.method": "GET",
    "http.route": route,
    "url.path": `${route}/${random(5000)}`,
    "http.response.status_code": failed ? "500" : "200",
    "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64)",
    "client.address": `10.0.${random(20)}.${random(250)}`,
  };
  const root = span("gateway", "", `GET ${route}`, "server", 0, 100, {
    ...http,
    "enduser.id": `u${random(1_000_000)}`,
  });
  yield root;
  const call = span("gateway", root.spanId, "GET", "client", 2, 96, {
    "server.address": service,
    "http.request.method": "GET",
  });
  yield call;
  const served = span(service, call.spanId, `GET ${route}`, "server", 4, 92, http);
  yield served;
  const work = span(service, served.spanId, `${service} handler`, "internal", 6, 88, {});
  yield work;
  for (const at of [10, 30]) {
    yield span(service, work.spanId, `SELECT ${service}`, "client", at, 15, {
      "db.system.name": "postgresql",
      "db.namespace": `${service}-db`,
      "db.query.text": `SELECT * FROM ${service} WHERE id = $1 AND kind = $2 LIMIT 50`,
    });
  }
  const onward = span(service, work.spanId, "POST", "client", 50, 40, { "server.address": other });
  yield onward;
  yield span(other, onward.spanId, `POST /internal/${other}`, "server", 52, 36, {
    "http.request.method": "POST",
    "http.response.status_code": failed ? "500" : "200",
  });
}

function spansOf(amount, fromNs, toNs) {
  const spans = [];
  const traces = Math.ceil(amount / 8);
  for (let n = 0; n < traces; n += 1) {
    spans.push(...traceAt(fromNs + ((toNs - fromNs) * BigInt(n)) / BigInt(traces)));
  }
  return spans;
}

const KINDS = { internal: 1, server: 2, client: 3 };
/** Spans of one request, by their resource. */
function byResource(spans) {
  const groups = new Map();
  for (const span of spans) {
    const group = groups.get(span.resource);
    if (group === undefined) groups.set(span.resource, [span]);
    else group.push(span);
  }
  return groups;
}
const attributesJson = (labels) =>
  Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }));

const PROTOCOLS = {
  "OTLP, protobuf": {
    protocol: "otlp",
    contentType: "application/x-protobuf",
    body: (spans) =>
      Buffer.concat(
        [...byResource(spans)].map(([resource, group]) => {
          const attributes = (number, labels) =>
            Object.entries(labels).map(([name, value]) => attributeField(number, name, value));
          const encoded = group.map((span) =>
            field(
              2,
              Buffer.concat([
                field(1, Buffer.from(span.traceId, "hex")),
                field(2, Buffer.from(span.spanId, "hex")),
                ...(span.parentId === "" ? [] : [field(4, Buffer.from(span.parentId, "hex"))]),
                field(5, Buffer.from(span.name)),
                numberField(6, KINDS[span.kind]),
                fixedField(7, span.startNs),
                fixedField(8, span.startNs + span.durationNs),
                ...attributes(9, span.attributes),
                ...(span.status === "error"
                  ? [
                      field(
                        15,
                        Buffer.concat([
                          field(2, Buffer.from(span.statusMessage)),
                          numberField(3, 2),
                        ]),
                      ),
                    ]
                  : []),
              ]),
            ),
          );
          const scope = field(1, field(1, Buffer.from(group[0].scope)));
          return field(
            1,
            Buffer.concat([
              field(1, Buffer.concat(attributes(1, resource))),
              field(2, Buffer.concat([scope, ...encoded])),
            ]),
          );
        }),
      ),
  },
  "OTLP, JSON": {
    protocol: "otlp",
    contentType: "application/json",
    body: (spans) =>
      Buffer.from(
        JSON.stringify({
          resourceSpans: [...byResource(spans)].map(([resource, group]) => ({
            resource: { attributes: attributesJson(resource) },
            scopeSpans: [
              {
                scope: { name: group[0].scope },
                spans: group.map((span) => ({
                  traceId: span.traceId,
                  spanId: span.spanId,
                  parentSpanId: span.parentId,
                  name: span.name,
                  kind: KINDS[span.kind],
                  startTimeUnixNano: String(span.startNs),
                  endTimeUnixNano: String(span.startNs + span.durationNs),
                  attributes: attributesJson(span.attributes),
                  status: span.status === "error" ? { code: 2, message: span.statusMessage } : {},
                })),
              },
            ],
          })),
        }),
      ),
  },
  "Zipkin, JSON": {
    protocol: "zipkin",
    contentType: "application/json",
    body: (spans) =>
      Buffer.from(
        JSON.stringify(
          spans.map((span) => ({
            traceId: span.traceId,
            id: span.spanId,
            ...(span.parentId === "" ? {} : { parentId: span.parentId }),
            name: span.name,
            ...(span.kind === "internal" ? {} : { kind: span.kind.toUpperCase() }),
            timestamp: Number(span.startNs / 1000n),
            duration: Math.max(1, Number(span.durationNs / 1000n)),
            localEndpoint: { serviceName: span.service },
            tags: span.status === "error" ? { ...span.attributes, error: "true" } : span.attributes,
          })),
        ),
      ),
  },
};

const otlp = PROTOCOLS["OTLP, protobuf"];
PROTOCOLS["OTLP, protobuf and gzip"] = {
  ...otlp,
  contentEncoding: "gzip",
  body: (spans) => gzipSync(otlp.body(spans)),
};

/** Requests of one protocol, 500 spans each, from sixteen senders. */
async function byRequests({ protocol, contentType, contentEncoding, body }, spans) {
  return inFolder(async (dir) => {
    const telemetry = await openStore(dir);
    const { metrics, received } = countedMetrics();
    const receiver = createTraceReceiver({
      spans: telemetry.spans,
      clock: { now: Date.now },
      metrics,
      stored() {},
    });
    const bodies = Array.from({ length: Math.ceil(spans.length / PER_REQUEST) }, (_, i) =>
      body(spans.slice(i * PER_REQUEST, (i + 1) * PER_REQUEST)),
    );
    const query = new URLSearchParams();
    const seconds = await processorTime(() =>
      sixteenAtATime(bodies, (bytes) =>
        receiver.receive(protocol, { contentType, contentEncoding, query, body: piece(bytes) }),
      ),
    );
    await telemetry.close();
    if (received() !== spans.length) throw new Error(`${received()} of ${spans.length} stored`);
    return seconds;
  });
}

async function ingest() {
  const now = BigInt(Date.now()) * 1_000_000n;
  const spans = spansOf(INGESTED, now - 600_000_000_000n, now);
  const blocks = [];
  for (let from = 0; from < spans.length; from += PER_COMMIT) {
    const batch = { spans: spans.slice(from, from + PER_COMMIT) };
    const rows = new SpanRows([{ batch, stored: [] }], () => false);
    blocks.push(["trace_times", rows.encodeTimes()]);
    blocks.push(["spans", rows.encode(Number(now / 1_000_000_000n))]);
  }
  const limit = await engineCosts(print, {
    table: "spans",
    rows: spans.length,
    blocks,
    unit: "span",
    variants: {
      "the tables as they are": [],
      "without figures of hours": ["ALTER TABLE spans DROP PROJECTION hours"],
      "without the index of attributes": ["ALTER TABLE spans DROP INDEX values"],
    },
  });
  for (const [name, protocol] of Object.entries(PROTOCOLS)) {
    const ours = spans.length / (await byRequests(protocol, spans));
    print({ case: `ingest, ${name}`, unit: "spans per core/s", ours, limit });
  }
}

/** Stores the spans; answers what they take of the disk, as rows of this benchmark. */
async function fill(telemetry) {
  const end = BigInt(Date.now()) * 1_000_000n;
  const CHUNK = 50_000n;
  const at = (n) => end - DAY_NS + (DAY_NS * n) / BigInt(SPANS);
  for (let from = 0n; from < BigInt(SPANS); from += CHUNK) {
    await telemetry.spans.write({ spans: spansOf(Number(CHUNK), at(from), at(from + CHUNK)) });
  }
  await merged(telemetry);
  const bytes = await number(
    telemetry,
    "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table IN ('spans', 'trace_times')",
  );
  return [{ case: "size on disk", unit: "bytes a span", ours: bytes / SPANS, limit: null }];
}

async function queries() {
  const { telemetry, close, sizes } = await openFilled(`spans-${SPANS}`, fill);
  for (const size of sizes) print(size);
  await merged(telemetry);
  const spans = await number(telemetry, "SELECT count() FROM spans");
  const endNs =
    BigInt(await number(telemetry, "SELECT toUnixTimestamp64Nano(max(time)) FROM spans")) + 1n;
  const range = { startNs: endNs - DAY_NS, endNs };
  const traces = createTracesQuery({ telemetry });
  const time = `time >= fromUnixTimestamp64Nano(${range.startNs}, 'UTC') AND time < fromUnixTimestamp64Nano(${range.endNs}, 'UTC')`;
  const search = (query, limit = 50) =>
    traces.search({ ...range, query: traces.parse(query), limit, spansEach: 3 });
  const [someTrace] = await search("{ status = error }", 1);
  const user = await telemetry.select(
    "SELECT attributes['enduser.id'] AS id FROM spans WHERE parent_id = '' ORDER BY time LIMIT 1",
    {},
    {},
  );
  const needle = user[0].columns.get("id").data[0];
  const figures =
    "count(), countIf(status = 'error'), quantileTDigest(0.5)(duration), quantileTDigest(0.95)(duration)";
  /** The newest 50 traces by hand: their ids, then what they are, of the hours around them. */
  const newest =
    (condition, having = "1") =>
    async () => {
      const found = await telemetry.select(
        `SELECT trace_id, count(), max(time) AS latest FROM spans WHERE ${time} AND ${condition} GROUP BY trace_id HAVING ${having} ORDER BY latest DESC LIMIT 50`,
        {},
        {},
      );
      const ids = found.flatMap((block) => [...block.columns.get("trace_id").data]);
      await telemetry.select(
        `SELECT trace_id, min(time), max(toUnixTimestamp64Nano(time) + duration), count(), countIf(status = 'error'), groupUniqArray(service) FROM spans WHERE trace_id IN (${ids.map((id) => `'${id}'`).join(",")}) AND ${time} GROUP BY trace_id`,
        {},
        {},
      );
    };
  const sql = (text) => () => telemetry.select(text, {}, { timeoutMs: 120_000 });
  /** @type {[string, () => Promise<unknown>, (() => Promise<unknown>) | null][]} */
  const cases = [
    ["search, everything", () => search("{}"), newest("1")],
    [
      "search, service and duration",
      () => search('{ resource.service.name = "checkout" && duration > 300ms }'),
      newest("service = 'checkout' AND duration > 300000000"),
    ],
    ["search, failed", () => search("{ status = error }"), newest("status = 'error'")],
    [
      "search, rare attribute",
      () => search(`{ span.enduser.id = "${needle}" }`),
      newest(`has(mapValues(attributes), '${needle}') AND attributes['enduser.id'] = '${needle}'`),
    ],
    [
      "search, frequent attribute",
      () => search("{ .http.response.status_code >= 500 }"),
      newest("toFloat64OrNull(attributes['http.response.status_code']) >= 500"),
    ],
    [
      "search, spans of one trace together",
      () => search('{ .http.response.status_code >= 500 } && { name = "SELECT orders" }'),
      newest(
        "(name = 'SELECT orders' OR attributes['http.response.status_code'] = '500')",
        "countIf(name = 'SELECT orders') > 0 AND countIf(attributes['http.response.status_code'] = '500') > 0",
      ),
    ],
    [
      "trace by id",
      () => traces.trace(someTrace.traceId),
      sql(
        `SELECT CAST(service, 'String'), CAST(name, 'String'), time, duration, CAST(kind, 'String'), CAST(status, 'String'), status_message, span_id, parent_id, CAST(scope, 'String'), resource, attributes, events, links FROM spans WHERE trace_id = '${someTrace.traceId}' AND time >= fromUnixTimestamp64Nano(${someTrace.startNs}, 'UTC') AND time <= fromUnixTimestamp64Nano(${someTrace.startNs + someTrace.durationNs}, 'UTC') ORDER BY time`,
      ),
    ],
    [
      "durations over time",
      () => traces.durations({ ...range, query: traces.parse("{}"), steps: 80 }),
      sql(
        `SELECT toUnixTimestamp(toStartOfInterval(time, INTERVAL 18 MINUTE)) AS t, floor(log2(duration) * 2) AS d, count(), countIf(status = 'error') FROM spans WHERE ${time} GROUP BY t, d`,
      ),
    ],
    [
      "operations",
      () => traces.operations({ ...range, limit: 100 }),
      sql(
        `SELECT CAST(service, 'String'), CAST(name, 'String'), CAST(kind, 'String'), ${figures}, quantileTDigest(0.99)(duration), sum(duration) AS total FROM spans WHERE ${time} GROUP BY service, name, kind ORDER BY total DESC LIMIT 100`,
      ),
    ],
    ["service map", () => traces.map(range), sql(mapByHand(time, figures))],
    [
      "slow against normal",
      () =>
        traces.compare({
          ...range,
          query: traces.parse('{ resource.service.name = "checkout" && kind = server }'),
          limit: 30,
        }),
      null,
    ],
  ];
  for (const [name, ask, byHand] of cases) {
    await compareTimes(
      print,
      `24 h of ${spans.toLocaleString("en")} spans, ${name}`,
      ROUNDS,
      ask,
      byHand,
    );
  }
  await close();
}

/** Every call that was answered, joined. */
function mapByHand(time, figures) {
  return `SELECT CAST(caller, 'String'), CAST(callee, 'String'), ${figures} FROM
    (SELECT parent_id, service AS callee, status, duration FROM spans WHERE ${time} AND kind IN ('server', 'consumer')) AS called
    INNER JOIN (SELECT span_id, service AS caller FROM spans WHERE ${time} AND kind IN ('client', 'producer')) AS calling
    ON called.parent_id = calling.span_id GROUP BY caller, callee`;
}

if (parts.has("ingest")) await ingest();
if (parts.has("queries")) await queries();
