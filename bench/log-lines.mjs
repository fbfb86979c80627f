/** Lines as services write them, and as senders of each protocol put them into requests. */
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { attributeField, field, fixedField, numberField, seededRandom } from "./ingest-work.mjs";

const { compressSync } = createRequire(new URL("../packages/server/package.json", import.meta.url))(
  "snappy",
);
const random = seededRandom();
const pick = (list) => list[random(list.length)];
const hex = (digits) => Array.from({ length: digits }, () => random(16).toString(16)).join("");

/** A line as pino writes it for a request of a web service, with an id of its own. */
export function jsonLine(ms, i) {
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

export function nginxLine(ms) {
  const at = new Date(ms).toISOString();
  return `10.0.${random(8)}.${random(250)} - - [${at}] "GET /static/${random(300)}.js HTTP/1.1" ${pick([200, 200, 304, 404])} ${random(90_000)} "https://shop.example.com/" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"`;
}

/** A message of syslog, RFC 5424. */
export const syslogLine = ([ms, text]) =>
  `<14>1 ${new Date(ms).toISOString()} web-1 shop 4242 - - ${text}`;

function lokiJson(lines) {
  const values = lines.map(([ms, text]) => [`${ms}000000`, text]);
  return Buffer.from(JSON.stringify({ streams: [{ stream: { app: "shop" }, values }] }));
}

function lokiProtobuf(lines) {
  const entries = lines.map(([ms, text]) => {
    const time = [numberField(1, Math.floor(ms / 1000)), numberField(2, (ms % 1000) * 1e6)];
    return field(2, Buffer.concat([field(1, Buffer.concat(time)), field(2, Buffer.from(text))]));
  });
  return field(1, Buffer.concat([field(1, Buffer.from('{app="shop"}')), ...entries]));
}

function otlpProtobuf(lines) {
  const records = lines.map(([ms, text]) =>
    field(
      2,
      Buffer.concat([
        fixedField(1, BigInt(ms) * 1_000_000n),
        numberField(2, 9),
        field(5, field(1, Buffer.from(text))),
      ]),
    ),
  );
  const resource = field(1, attributeField(1, "service.name", "shop"));
  return field(1, Buffer.concat([resource, field(2, Buffer.concat(records))]));
}

function otlpJson(lines) {
  const logRecords = lines.map(([ms, stringValue]) => ({
    timeUnixNano: `${ms}000000`,
    severityNumber: 9,
    body: { stringValue },
  }));
  const attributes = [{ key: "service.name", value: { stringValue: "shop" } }];
  return Buffer.from(
    JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords }] }] }),
  );
}

const datadog = (lines) =>
  Buffer.from(
    JSON.stringify(
      lines.map(([ms, message]) => ({ message, service: "shop", timestamp: ms, status: "info" })),
    ),
  );

const vercel = (lines) =>
  Buffer.from(
    JSON.stringify(
      lines.map(([ms, message], i) => ({
        id: `${ms}-${i}`,
        message,
        timestamp: ms,
        projectName: "shop",
        environment: "production",
        source: "lambda",
        requestId: `iad1::${ms}`,
        type: "stdout",
        level: "info",
      })),
    ),
  );

const jsonLines = (lines) => Buffer.from(lines.map(([, text]) => text).join("\n"));
const JSON_TYPE = "application/json";
const PROTOBUF_TYPE = "application/x-protobuf";
const gzipped = (body) => (lines) => gzipSync(body(lines));

/** Requests of each protocol with lines of [ms, text]. */
export const LOG_PROTOCOLS = {
  "Loki, JSON": { protocol: "loki", contentType: JSON_TYPE, body: lokiJson },
  "Loki, JSON and gzip": {
    protocol: "loki",
    contentType: JSON_TYPE,
    contentEncoding: "gzip",
    body: gzipped(lokiJson),
  },
  "Loki, protobuf and snappy": {
    protocol: "loki",
    contentType: PROTOBUF_TYPE,
    body: (lines) => compressSync(lokiProtobuf(lines)),
  },
  "OTLP, protobuf": { protocol: "otlp", contentType: PROTOBUF_TYPE, body: otlpProtobuf },
  "OTLP, protobuf and gzip": {
    protocol: "otlp",
    contentType: PROTOBUF_TYPE,
    contentEncoding: "gzip",
    body: gzipped(otlpProtobuf),
  },
  "OTLP, JSON": { protocol: "otlp", contentType: JSON_TYPE, body: otlpJson },
  Datadog: { protocol: "datadog", contentType: JSON_TYPE, body: datadog },
  Vercel: { protocol: "vercel", contentType: JSON_TYPE, body: vercel },
  "JSON lines": { protocol: "lines", contentType: "application/x-ndjson", body: jsonLines },
};
