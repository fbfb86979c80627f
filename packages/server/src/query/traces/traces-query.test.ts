import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareRandomSearches, randomSpans } from "../../../test/compare-traces.ts";
import type { Span } from "../../model/index.ts";
import { openTelemetry } from "../../store/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { createTracesQuery } from "./traces-query.ts";
import type { TracesQuery } from "./traces-query.ts";

const MS = 1_000_000n;
const start = BigInt(Date.now() - 3_600_000) * MS;
const range = { startNs: start - 1000n * MS, endNs: start + 3_600_000n * MS };
let dir: string;
let telemetry: Telemetry;
let traces: TracesQuery;

let nextId = 1;
function span(given: Partial<Span>): Span {
  const id = nextId++;
  return {
    traceId: id.toString(16).padStart(32, "0"),
    spanId: id.toString(16).padStart(16, "0"),
    parentId: "",
    service: "shop",
    name: "GET /",
    kind: "server",
    startNs: start + BigInt(id) * MS,
    durationNs: 10n * MS,
    status: "unset",
    statusMessage: "",
    scope: "",
    resource: {},
    attributes: {},
    events: [],
    links: [],
    ...given,
  };
}

const traceId = "a".repeat(32);
/** shop → pay → PostgreSQL; the payment failed. */
const checkout = [
  span({
    traceId,
    spanId: "1".repeat(16),
    name: "POST /checkout",
    durationNs: 900n * MS,
    attributes: { "http.response.status_code": "500", "http.route": "/checkout" },
    resource: { "service.name": "shop", region: "eu" },
  }),
  span({
    traceId,
    spanId: "2".repeat(16),
    parentId: "1".repeat(16),
    name: "POST pay",
    kind: "client",
    durationNs: 800n * MS,
    attributes: { "server.address": "pay.example" },
  }),
  span({
    traceId,
    spanId: "3".repeat(16),
    parentId: "2".repeat(16),
    service: "pay",
    name: "charge",
    durationNs: 700n * MS,
    status: "error",
    statusMessage: "card declined",
    events: [
      { timeNs: start + 20n * MS, name: "exception", attributes: { "exception.type": "Declined" } },
    ],
    links: [{ traceId: "b".repeat(32), spanId: "c".repeat(16), attributes: { why: "retry" } }],
  }),
  span({
    traceId,
    spanId: "4".repeat(16),
    parentId: "3".repeat(16),
    service: "pay",
    name: "SELECT cards",
    kind: "client",
    durationNs: 5n * MS,
    attributes: { "db.system.name": "postgresql", "db.namespace": "cards" },
  }),
];
const quick = Array.from({ length: 40 }, (_, i) =>
  span({
    name: "GET /items/:id",
    attributes: {
      "http.response.status_code": "200",
      "http.route": "/items/:id",
      cache: i % 4 === 0 ? "miss" : "hit",
    },
    durationNs: i % 4 === 0 ? 300n * MS : 10n * MS,
  }),
);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "seaworthy-traces-"));
  telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
  traces = createTracesQuery({ telemetry });
  await telemetry.spans.write({ spans: [...checkout, ...quick] });
});
afterAll(async () => {
  await telemetry.close();
  await rm(dir, { recursive: true, force: true });
});

async function found(query: string): Promise<string[]> {
  const answer = await traces.search({
    ...range,
    query: traces.parse(query),
    limit: 100,
    spansEach: 3,
  });
  return answer.map(({ traceId: id }) => id);
}

describe("a trace", () => {
  it("comes back whole by its id, and is nothing when it is not there", async () => {
    expect(await traces.trace(traceId)).toEqual(checkout);
    expect(await traces.trace("d".repeat(32))).toEqual([]);
  });

  it("is told of as a whole when some span of it is found", async () => {
    const [one, ...others] = await traces.search({
      ...range,
      query: traces.parse('{ statusMessage = "card declined" }'),
      limit: 10,
      spansEach: 3,
    });
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      traceId,
      rootService: "shop",
      rootName: "POST /checkout",
      startNs: checkout[0]?.startNs,
      durationNs: 900n * MS,
      spans: 4,
      errors: 1,
      services: ["pay", "shop"],
      matched: 1,
      found: [{ spanId: "3".repeat(16), service: "pay", name: "charge", durationNs: 700n * MS }],
    });
  });
});

describe("a search", () => {
  const isCheckout = [traceId];
  it.each([
    ["{ status = error }", isCheckout],
    ["{ .http.response.status_code >= 500 }", isCheckout],
    ["{ span.http.response.status_code = 500 && duration > 850ms }", isCheckout],
    ["{ span.http.response.status_code = 500 && duration > 950ms }", []],
    ['{ resource.region = "eu" }', isCheckout],
    ['{ .region =~ "e." && kind = server }', isCheckout],
    ['{ name =~ "POST.*" && resource.service.name = "shop" }', isCheckout],
    ['{ rootName = "POST /checkout" && .db.namespace != nil }', isCheckout],
    ['{ rootServiceName = "pay" }', []],
    ["{ traceDuration > 850ms }", isCheckout],
    [`{ trace:id = "${traceId}" }`, isCheckout],
    ['{ name = "charge" } && { .db.system.name = "postgresql" }', isCheckout],
    ['{ name = "charge" } && { .cache = "miss" }', []],
    ["{ kind = client } | count() > 1", isCheckout],
    ["{ kind = client } | count() > 2", []],
    ["{ true } | sum(duration) > 2s", isCheckout],
    ['{ !(.cache = "hit") && !(.cache = "miss") && name != "GET /" }', isCheckout],
    ['{ .cache != "hit" && .cache != "miss" }', []],
  ] as const)("%s", async (query, ids) => {
    expect(await found(query)).toEqual(ids);
  });

  it("finds the newest first, as many as are wanted", async () => {
    const newest = quick.map(({ traceId: id }) => id).toReversed();
    expect(await found("{ .cache != nil }")).toEqual(newest);
    const few = await traces.search({
      ...range,
      query: traces.parse("{}"),
      limit: 3,
      spansEach: 1,
    });
    expect(few.map(({ traceId: id }) => id)).toEqual(newest.slice(0, 3));
  });

  it("finds the newest that fulfil it as a whole, however far apart their spans are", async () => {
    // Five hours two days ago; of every other trace the second span comes four hours later.
    const from = start - 48n * 3_600_000n * MS;
    const hours = (n: number) => BigInt(Math.round(n * 3_600_000)) * MS;
    const ids = Array.from({ length: 12 }, (_, i) => (i + 1).toString(16).padStart(32, "e"));
    const spans = ids.flatMap((id, i) => [
      span({ traceId: id, name: "first", startNs: from + hours(i / 12) }),
      ...(i % 3 === 0
        ? []
        : [
            span({
              traceId: id,
              name: "second",
              startNs: from + hours(i / 12 + (i % 2) * 4) + 1n,
              durationNs: BigInt(i) * MS,
            }),
          ]),
    ]);
    await telemetry.spans.write({ spans });
    const few = await traces.search({
      startNs: from,
      endNs: from + hours(6),
      query: traces.parse('{ name = "first" } && { name = "second" }'),
      limit: 6,
      spansEach: 1,
    });
    const newest = [11, 7, 5, 1, 10, 8].map((i) => ids[i]);
    expect(few.map(({ traceId: id }) => id)).toEqual(newest);
    // Whole hours are told of what is kept of each, the rest of spans: both are the same.
    const over = { startNs: from + 1n, endNs: from + hours(5.5) };
    const [ranked] = await traces.operations({ ...over, limit: 1 });
    expect(ranked).toMatchObject({ name: "first", calls: 11, totalNs: 0.11e9, p50Ns: 1e7 });
    const { nodes } = await traces.map(over);
    expect(nodes.map(({ name, calls }) => [name, calls])).toEqual([["shop", 19]]);
  });
});

describe("services", () => {
  it("are drawn with who calls whom, databases and what is not watched", async () => {
    const { nodes, edges, oneIn } = await traces.map(range);
    expect(oneIn).toBe(1);
    expect(nodes.map(({ name, kind, calls, errors }) => [name, kind, calls, errors])).toEqual([
      ["shop", "service", 41, 0],
      ["pay", "service", 1, 1],
      ["cards", "database", 1, 0],
    ]);
    expect(edges.map(({ caller, callee, calls }) => [caller, callee, calls])).toEqual([
      ["shop", "pay", 1],
      ["pay", "cards", 1],
    ]);
  });

  it("have operations, the dearest first", async () => {
    const ranked = await traces.operations({ ...range, limit: 10 });
    expect(ranked.map(({ name }) => name)).toEqual([
      "GET /items/:id",
      "POST /checkout",
      "POST pay",
      "charge",
      "SELECT cards",
    ]);
    expect(ranked[0]).toMatchObject({ service: "shop", kind: "server", calls: 40, totalNs: 3.3e9 });
    expect(await traces.operations({ ...range, service: "pay", limit: 1 })).toHaveLength(1);
  });

  it("have names, attributes and values", async () => {
    expect(await traces.services(range)).toEqual(["pay", "shop"]);
    expect(await traces.operationNames({ ...range, service: "pay" })).toEqual([
      { name: "SELECT cards", kind: "client" },
      { name: "charge", kind: "server" },
    ]);
    expect(await traces.attributeNames("resource", range)).toEqual(["region", "service.name"]);
    const values = (name: string) =>
      traces.fieldValues({ kind: "attribute", of: "any", name }, range);
    expect(await values("cache")).toEqual(["hit", "miss"]);
    expect(await traces.fieldValues({ kind: "intrinsic", name: "status" }, range)).toEqual([
      "error",
      "unset",
    ]);
  });
});

it("finds what a plain evaluation of the same spans finds", async () => {
  // A day before: nothing else lies there. TRACEQL_QUERIES and TRACEQL_SEED ask more, and others.
  const endMs = Number(start / MS) - 86_400_000;
  const seed = Number(process.env["TRACEQL_SEED"] ?? 11);
  const spans = randomSpans(seed, 150, endMs);
  await telemetry.spans.write({ spans });
  const count = Number(process.env["TRACEQL_QUERIES"] ?? 30);
  expect(await compareRandomSearches(traces, spans, { count, seed, endMs })).toEqual([]);
}, 900_000);

it("tells what slow requests have that others have not", async () => {
  const { slow, normal, thresholdNs, differences } = await traces.compare({
    ...range,
    query: traces.parse('{ name = "GET /items/:id" }'),
    thresholdNs: 100e6,
    limit: 2,
  });
  expect({ slow, normal, thresholdNs }).toEqual({ slow: 10, normal: 30, thresholdNs: 100e6 });
  expect(differences).toEqual([
    { name: "cache", value: "hit", slowShare: 0, normalShare: 1 },
    { name: "cache", value: "miss", slowShare: 1, normalShare: 0 },
  ]);
});

describe("what is not answered", () => {
  it.each([
    ["{ name = }", "expected (at position 10)"],
    ["{ .a } ", "a comparison"],
    ['{ .a = "b" } >> { .c = "d" }', "the structural operator >>"],
    ["{ .a = 1 } | rate()", "rate() is not answered here (at position 14)"],
    ["{ .a = 1 } | by(.b)", "by() is not answered here"],
    ["{ event.name = 1 }", "fields of event are not answered here"],
    ["{ status = 500 }", "status is compared by = and !="],
    ["{ .a + 1 = 2 }", "arithmetic is not answered here"],
    ["{ duration > 5 } | frob()", "there is no function frob()"],
    ['{ .a = "b', "has no end"],
    [`${"(".repeat(100)}{}`, "nests deeper"],
  ])("%s", (query, message) => {
    expect(() => traces.parse(query)).toThrow(message);
  });
});
