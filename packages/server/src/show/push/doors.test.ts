import { gzipSync } from "node:zlib";
import { compressSync } from "snappy";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import { ManualClock } from "../../../test/manual-clock.ts";
import { ProtoWriter } from "../../../test/protobuf-writer.ts";
import { createLogReceiver, createTraceReceiver, RateLimits } from "../../receive/index.ts";
import { createSelfMetrics } from "../../self/index.ts";
import { logPushRoutes } from "./log-routes.ts";
import { tracePushRoutes } from "./trace-routes.ts";

const NOW = Date.parse("2026-06-01T12:00:00Z");
const DAY = 86_400_000;
const ns = (ms: number) => BigInt(ms) * 1_000_000n;
const clock = new ManualClock(NOW);
const metrics = createSelfMetrics("test");
let server: TestServer;
let key: string;
let stored = 0;
/** What was stored, as JSON. */
let written = "";

beforeAll(async () => {
  const limits = { bodyBytes: 3_000_000, decompressedBytes: 6_000_000, storedLength: 2_000_000 };
  const rates = new RateLimits(clock, { logLinesPerSecond: 1000, spansPerSecond: 1000 });
  const logs = createLogReceiver({
    logs: {
      async write({ lines, metadata, streams }) {
        stored += lines.length;
        written += JSON.stringify([lines, metadata, streams]);
      },
    },
    clock,
    metrics,
    limits,
    rates,
  });
  const traces = createTraceReceiver({
    spans: {
      async write({ spans }) {
        stored += spans.length;
        written += JSON.stringify(spans, (_, value: unknown) =>
          typeof value === "bigint" ? String(value) : value,
        );
        return spans;
      },
    },
    clock,
    metrics,
    limits,
    rates,
  });
  server = await testServer({ routes: [logPushRoutes(logs), tracePushRoutes(traces)] });
  key = await server.token("ingest");
});
afterAll(() => server.close());
beforeEach(() => {
  stored = 0;
  written = "";
  // What an earlier test has sent is worked off.
  clock.set(clock.now() + 3_600_000);
});

/** What a body is to have in it; each door writes it in its own way. */
interface Wanted {
  readonly ms?: number;
  readonly text?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A way in: how a good body is made, and what its refusals look like. */
interface Door {
  readonly name: string;
  readonly path: string;
  readonly type: string;
  readonly body: (wanted: Wanted) => Buffer;
  /** The part of an answer that says what was wrong. */
  readonly reason: (answer: Buffer) => string;
  /** A body that is well formed and nests `depth` deep where its protocol lets values nest. */
  readonly nested?: (ms: number, depth: number) => Buffer;
  /** Values where they do not belong; none for doors that take any text. */
  readonly wrong?: readonly string[];
  readonly takesText?: boolean;
}

const plain = (answer: Buffer) => answer.toString();
const json = (text: unknown) => Buffer.from(JSON.stringify(text));
const member = (name: string) => (answer: Buffer) => {
  const value: unknown = (JSON.parse(answer.toString()) as Record<string, unknown>)[name];
  return typeof value === "string" ? value : JSON.stringify(value);
};
const pairs = (labels: Wanted["labels"]) => Object.entries(labels ?? {});
const attributes = (labels: Wanted["labels"]) =>
  pairs(labels).map(([name, value]) => ({ key: name, value: { stringValue: value } }));
const protoAttributes = (writer: ProtoWriter, field: number, labels: Wanted["labels"]) => {
  for (const [name, value] of pairs(labels)) {
    writer.message(field, (pair) =>
      pair.text(1, name).message(2, (inner) => void inner.text(1, value)),
    );
  }
};
/** An object within an object, and so on. */
const nestedJson = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
/** The same as OTLP's JSON writes it. */
const nestedValue = (depth: number) =>
  `${'{"kvlistValue":{"values":[{"key":"a","value":'.repeat(depth)}{"intValue":"1"}${"}]}}".repeat(depth)}`;
/** Puts JSON in the place of a text of a body. */
const inPlaceOf = (text: string, body: Buffer, inner: string) =>
  Buffer.from(body.toString().replace(JSON.stringify(text), inner));
/** Nests an attribute of protobuf: AnyValue, KeyValueList, KeyValue. */
const nestedBytes = (depth: number): Buffer => {
  let value = new ProtoWriter().text(1, "deep").bytes();
  for (let level = 0; level < depth; level += 1) {
    const inner = value;
    const pair = new ProtoWriter().text(1, "a").text(2, inner);
    value = new ProtoWriter().message(6, (list) => void list.text(1, pair.bytes())).bytes();
  }
  return value;
};
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

const DOORS: readonly Door[] = [
  {
    name: "Loki, JSON",
    path: "/loki/api/v1/push",
    type: "application/json",
    body: ({ ms = NOW, text = "x", labels = {} }) =>
      json({ streams: [{ stream: { app: "a", ...labels }, values: [[String(ns(ms)), text]] }] }),
    reason: plain,
    wrong: [
      '{"streams":7}',
      '{"streams":[{"stream":[],"values":[]}]}',
      '{"streams":[{"stream":{},"values":[[{},[]]]}]}',
    ],
  },
  {
    name: "Loki, protobuf",
    path: "/loki/api/v1/push",
    type: "application/x-protobuf",
    body: ({ ms = NOW, text = "x", labels = {} }) => {
      const inner = pairs({ app: "a", ...labels }).map(([name, value]) => `${name}="${value}"`);
      const push = new ProtoWriter().message(1, (stream) =>
        stream.text(1, `{${inner.join(",")}}`).message(2, (entry) => {
          entry.message(1, (time) => void time.varint(1, BigInt(Math.floor(ms / 1000))));
          entry.text(2, text);
        }),
      );
      return compressSync(push.bytes());
    },
    reason: plain,
  },
  {
    name: "OTLP logs, JSON",
    path: "/v1/logs",
    type: "application/json",
    body: ({ ms = NOW, text = "x", labels }) => {
      const record = {
        timeUnixNano: String(ns(ms)),
        body: { stringValue: text },
        attributes: attributes(labels),
      };
      return json({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] });
    },
    nested: (ms, depth) =>
      inPlaceOf(
        "here",
        json({
          resourceLogs: [
            { scopeLogs: [{ logRecords: [{ timeUnixNano: String(ns(ms)), body: "here" }] }] },
          ],
        }),
        nestedValue(depth),
      ),
    reason: member("message"),
    wrong: [
      '{"resourceLogs":7}',
      '{"resourceLogs":[7]}',
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":"x"}]}]}',
    ],
  },
  {
    name: "OTLP logs, protobuf",
    path: "/otlp/v1/logs",
    type: "application/x-protobuf",
    body: ({ ms = NOW, text = "x", labels }) =>
      new ProtoWriter()
        .message(1, (resource) =>
          resource.message(2, (scope) =>
            scope.message(2, (record) => {
              record.fixed64(1, ns(ms)).message(5, (value) => void value.text(1, text));
              protoAttributes(record, 6, labels);
            }),
          ),
        )
        .bytes(),
    nested: (ms, depth) =>
      new ProtoWriter()
        .message(1, (resource) =>
          resource.message(2, (scope) =>
            scope.message(2, (record) => {
              record.fixed64(1, ns(ms)).text(5, nestedBytes(depth));
            }),
          ),
        )
        .bytes(),
    reason: plain,
  },
  {
    name: "Datadog",
    path: "/api/v2/logs",
    type: "application/json",
    body: ({ ms = NOW, text = "x", labels = {} }) =>
      json([{ message: text, timestamp: ms, ...labels }]),
    nested: (ms, depth) =>
      inPlaceOf("here", json([{ message: "x", timestamp: ms, a: "here" }]), nestedJson(depth)),
    reason: member("errors"),
    wrong: ["7", "[7]", "[[]]"],
  },
  {
    name: "Vercel",
    path: "/api/logs/vercel",
    type: "application/json",
    body: ({ ms = NOW, text = "x" }) => json([{ message: text, timestamp: ms, projectName: "p" }]),
    nested: (ms, depth) =>
      inPlaceOf(
        "here",
        json([{ message: "x", timestamp: ms, projectName: "p", proxy: "here" }]),
        nestedJson(depth),
      ),
    reason: plain,
    wrong: ["7", "[7]", "[[]]"],
  },
  {
    name: "lines",
    path: "/api/logs/lines",
    type: "application/json",
    body: ({ ms = NOW, text = "x" }) => json({ time: ms, msg: text }),
    nested: (ms, depth) =>
      inPlaceOf("here", json({ time: ms, msg: "x", a: "here" }), nestedJson(depth)),
    reason: plain,
    takesText: true,
  },
  {
    name: "OTLP traces, JSON",
    path: "/v1/traces",
    type: "application/json",
    body: ({ ms = NOW, text = "x", labels }) => {
      const span = {
        traceId: TRACE,
        spanId: SPAN,
        name: text,
        startTimeUnixNano: String(ns(ms)),
        endTimeUnixNano: String(ns(ms + 1)),
        attributes: attributes(labels),
      };
      return json({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    },
    reason: member("message"),
    wrong: [
      '{"resourceSpans":7}',
      '{"resourceSpans":[7]}',
      '{"resourceSpans":[{"scopeSpans":[{"spans":"x"}]}]}',
    ],
  },
  {
    name: "OTLP traces, protobuf",
    path: "/otlp/v1/traces",
    type: "application/x-protobuf",
    body: ({ ms = NOW, text = "x", labels }) =>
      new ProtoWriter()
        .message(1, (resource) =>
          resource.message(2, (scope) =>
            scope.message(2, (span) => {
              span.text(1, Buffer.from(TRACE, "hex")).text(2, Buffer.from(SPAN, "hex"));
              span
                .text(5, text)
                .fixed64(7, ns(ms))
                .fixed64(8, ns(ms + 1));
              protoAttributes(span, 9, labels);
            }),
          ),
        )
        .bytes(),
    reason: plain,
  },
  {
    name: "Zipkin",
    path: "/api/v2/spans",
    type: "application/json",
    body: ({ ms = NOW, text = "x", labels = {} }) =>
      json([
        { traceId: TRACE, id: SPAN, name: text, timestamp: ms * 1000, duration: 1, tags: labels },
      ]),
    nested: (ms, depth) =>
      inPlaceOf(
        "here",
        json([
          { traceId: TRACE, id: SPAN, timestamp: ms * 1000, duration: 1, tags: { a: "here" } },
        ]),
        nestedJson(depth),
      ),
    reason: plain,
    wrong: ["7", "[7]", "[[]]"],
  },
];

async function push(door: Door, body: Buffer, headers: Record<string, string> = {}) {
  const sent = await fetch(`${server.url}${door.path}`, {
    method: "POST",
    body: Uint8Array.from(body),
    headers: { authorization: `Bearer ${key}`, "content-type": door.type, ...headers },
  });
  const answer = Buffer.from(await sent.arrayBuffer());
  return { status: sent.status, headers: sent.headers, answer };
}

/** The form of a refusal is that of the protocol. */
function expectForm(door: Door, headers: Headers): void {
  const type = headers.get("content-type") ?? "";
  if (door.type === "application/x-protobuf" && door.path.startsWith("/otlp")) {
    expect(type).toBe("application/x-protobuf");
  } else if (door.reason !== plain) expect(type).toContain("application/json");
  else expect(type).toMatch(/text\/plain|application\/(?:problem\+)?json/);
}

describe.each(DOORS)("$name", (door) => {
  const good = (wanted: Wanted = {}) => door.body({ ms: clock.now(), ...wanted });

  it("takes what is good", async () => {
    const { status } = await push(door, good());
    expect(status).toBeLessThan(300);
    expect(stored).toBe(1);
  });

  it("refuses what is damaged, of a wrong shape, or nested without end", async () => {
    const isProtobuf = door.type === "application/x-protobuf";
    const whole = good();
    const bodies: Buffer[] = [
      ...(door.takesText === true ? [] : [whole.subarray(0, whole.length - 3)]),
      ...(door.wrong ?? []).map((text) => Buffer.from(text)),
      ...(isProtobuf || door.takesText === true ? [] : [Buffer.from("[".repeat(500_000))]),
    ];
    for (const body of bodies) {
      const { status, headers, answer } = await push(door, body);
      expect([status, body.subarray(0, 60).toString()]).toEqual([
        400,
        body.subarray(0, 60).toString(),
      ]);
      expectForm(door, headers);
      expect(door.reason(answer).length).toBeGreaterThan(10);
    }
    expect(stored).toBe(0);
  });

  it("refuses what is too large, as it comes and as it swells", async () => {
    const large = await push(door, Buffer.alloc(3_000_001, 0x61));
    expect(large.status).toBe(413);
    expectForm(door, large.headers);
    if (door.name === "Loki, protobuf") {
      const swells = await push(door, compressSync(Buffer.alloc(6_000_001, 0x61)));
      expect(swells.status).toBe(413);
      expect(door.reason(swells.answer)).toMatch(/6000001 bytes decompressed \(limit 6000000\)/);
      // A length that is said and cannot be true, 4 GiB, is not believed.
      const lies = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x61]);
      expect((await push(door, lies)).status).toBe(413);
    } else {
      const swollen = gzipSync(Buffer.alloc(6_000_001, 0x61));
      const swells = await push(door, swollen, { "content-encoding": "gzip" });
      expect(swells.status).toBe(413);
      expect(door.reason(swells.answer)).toMatch(/6000000 bytes/);
    }
    expect(stored).toBe(0);
  });

  it("takes or refuses what nests a hundred thousand deep, and never fails of it", async () => {
    if (door.nested === undefined) return;
    // Writing protobuf that deep takes the square of the depth.
    const depth = door.type === "application/x-protobuf" ? 2000 : 100_000;
    const body = door.nested(clock.now(), depth);
    const { status, answer } = await push(door, body);
    expect([200, 202, 400, 413]).toContain(status);
    if (status >= 400) expect(door.reason(answer).length).toBeGreaterThan(10);
    expect(written.length).toBeLessThan(2 * body.length);
  });

  it("masks secrets before anything is stored, and counts them", async () => {
    const counts = async () => {
      const found = await metrics.registry.getSingleMetric("seaworthy_masked_total")?.get();
      return (found?.values ?? []).reduce((sum, { value }) => sum + value, 0);
    };
    const before = await counts();
    const secrets = ["ann@example.com", "4111 1111 1111 1111", "abcdef123456"];
    const [mail = "", card = "", token = ""] = secrets;
    const text = `${mail} paid with ${card}, Authorization: Bearer ${token}`;
    expect((await push(door, good({ text, labels: { who: mail } }))).status).toBeLessThan(300);
    expect(stored).toBe(1);
    for (const secret of secrets) expect(written).not.toContain(secret);
    for (const rule of ["email", "card", "authorization"]) {
      expect(written).toContain(`<masked:${rule}>`);
    }
    expect(await counts()).toBeGreaterThanOrEqual(before + 3);
  });

  it("refuses what is of another time, and says which", async () => {
    for (const [ms, reason] of [
      [clock.now() + DAY, "future"],
      [clock.now() - 40 * DAY, "too old"],
    ] as const) {
      const { answer } = await push(door, good({ ms }));
      expect(answer.toString()).toContain(reason);
    }
    expect(stored).toBe(0);
  });

  it("outlives invalid UTF-8 and 100,000 labels", async () => {
    const body = good({ text: "größe" });
    const at = body.indexOf(Buffer.from("ö"));
    if (at >= 0) {
      body[at] = 0xff;
      expect((await push(door, body)).status).toBeLessThan(500);
    }
    const labels = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, i) => [`l${i}`, "v"] as const),
    );
    const many = good({ labels });
    // Some have nothing like labels.
    if (many.length < 100_000) return;
    const before = stored;
    const { status, answer } = await push(door, many);
    expect([400, 413, 200, 202]).toContain(status);
    expect(stored).toBe(before);
    expect(answer.length).toBeLessThan(10_000);
  });

  it("answers a sender that is too fast with 429 and when to come again", async () => {
    const isSpans = door.name.includes("traces") || door.name === "Zipkin";
    const made = await server.access.createToken(
      { kind: "bootstrap" },
      {
        name: "slow",
        scope: "ingest",
        expiresAt: null,
        limits: isSpans ? { spansPerSecond: 1 } : { logBytesPerSecond: 1 },
      },
    );
    const slow = { authorization: `Bearer ${made.secret}` };
    const text = "a text of more than twenty bytes";
    let tries = 0;
    let sent = await push(door, good({ text }), slow);
    for (; sent.status < 300 && tries < 20; tries += 1)
      sent = await push(door, good({ text }), slow);
    expect(sent.status).toBe(429);
    expect(Number(sent.headers.get("retry-after"))).toBeGreaterThan(0);
    expectForm(door, sent.headers);
    expect(door.reason(sent.answer)).toMatch(/the key \\?"slow\\?" may send 1/);
    // Others are not held up, and this one is not for longer than it was told.
    expect((await push(door, good())).status).toBeLessThan(300);
    clock.set(clock.now() + Number(sent.headers.get("retry-after")) * 1000);
    expect((await push(door, good({ text }), slow)).status).toBeLessThan(300);
  });
});

it("holds all senders together to the platform's rates", async () => {
  const [loki] = DOORS;
  if (loki === undefined) throw new Error("no door");
  const values = Array.from({ length: 10_001 }, () => [String(ns(clock.now())), "x"]);
  const body = json({ streams: [{ stream: { app: "a" }, values }] });
  expect((await push(loki, body)).status).toBe(204);
  const refused = await push(loki, loki.body({ ms: clock.now() }));
  expect(refused.status).toBe(429);
  expect(refused.answer.toString()).toContain("this server may take 1000 log lines a second");
  expect(stored).toBe(10_001);
});

describe.each(DOORS.filter(({ path }) => path.startsWith("/otlp/")))("$name", (door) => {
  const isTraces = door.path.endsWith("traces");
  /** A request of one resource with so many records, whose ids and texts are short. */
  const request = (records: number, resource: (writer: ProtoWriter) => void) =>
    new ProtoWriter()
      .message(1, (whole) => {
        whole.message(1, resource);
        whole.message(2, (scope) => {
          for (let i = 0; i < records; i += 1) {
            scope.message(2, (record) => {
              if (!isTraces) return void record.fixed64(1, ns(clock.now()));
              record.text(1, Buffer.from(TRACE, "hex")).text(2, Buffer.from(SPAN, "hex"));
              record.fixed64(7, ns(clock.now()));
            });
          }
        });
      })
      .bytes();
  const rejected = (answer: Buffer) =>
    Number(/(\d+) of \d+ (?:lines|spans)/.exec(answer.toString())?.[1] ?? 0);

  it("does not let what records share become many times the request", async () => {
    const shared = "x".repeat(40_000);
    const body = request(2000, (writer) => protoAttributes(writer, 1, { shared }));
    expect(body.length).toBeLessThan(200_000);
    const { status, answer } = await push(door, body);
    expect(status).toBe(200);
    // 2,000,000 characters in all.
    expect(stored).toBe(49);
    expect(rejected(answer)).toBe(1951);
    expect(answer.toString()).toMatch(/more than 2000000 characters/);
  });

  it("does not write a long name out before everything that stands below it", async () => {
    const pairs = new ProtoWriter();
    for (let i = 0; i < 50_000; i += 1) {
      pairs.message(1, (pair) =>
        pair.text(1, `k${i}`).message(2, (value) => void value.text(1, "v")),
      );
    }
    const under = new ProtoWriter().text(6, pairs.bytes()).bytes();
    const body = request(100, (resource) => {
      resource.message(1, (pair) => void pair.text(1, "n".repeat(300_000)).text(2, under));
    });
    // Fifteen thousand million characters, if it were.
    const { status, answer } = await push(door, body);
    expect(status).toBe(200);
    expect([stored, rejected(answer)]).toEqual([0, 100]);
    expect(answer.toString()).toMatch(/limits \d+ and \d+/);
    expect(answer.length).toBeLessThan(2000);
  });
});
