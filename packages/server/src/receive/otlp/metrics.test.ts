import { gzipSync } from "node:zlib";
import { OTLPMetricExporter as JsonExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtobufExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import { ManualClock } from "../../../test/manual-clock.ts";
import { isStale, SamplesRefused } from "../../model/index.ts";
import type { SampleBatch, SampleSink } from "../../model/index.ts";
import { pushRoutes } from "../../show/push/routes.ts";
import { createPushReceivers } from "../push/receivers.ts";
import { otlpSection, otlpSettings } from "./config.ts";
import { defaultOtlpSettings } from "./settings.ts";

const T = 1_700_000_000_000;
const nanos = (ms: number) => `${ms}000000`;

let batches: SampleBatch[];
let dropped: [string, number][];
let failure: Error | undefined;
/** What writes wait for, and when one has begun to. */
let hold: Promise<void> | undefined;
let reach = () => {};
let reached: Promise<void>;
const clock = new ManualClock(T);
const sink: SampleSink = {
  async write(batch) {
    if (failure !== undefined && !(failure instanceof SamplesRefused)) throw failure;
    if (hold !== undefined) {
      reach();
      await hold;
    }
    batches.push(batch);
    if (failure !== undefined) throw failure;
  },
  describe: () => {},
};
const make = (limits = {}, otlp = () => defaultOtlpSettings) => {
  const metrics = {
    dropped: (_: string, reason: string, count: number) => void dropped.push([reason, count]),
  };
  return createPushReceivers({ samples: sink, metrics, clock, limits, otlp });
};
let push = make();
beforeEach(() => {
  batches = [];
  dropped = [];
  failure = undefined;
  hold = undefined;
  reached = new Promise((resolve) => {
    reach = resolve;
  });
  push = make();
});

/** Series in Prometheus's notation with their values, `stale` for staleness markers. */
function stored(): Record<string, number | string> {
  const found: Record<string, number | string> = {};
  for (const { series, seriesOf, values, histograms = [] } of batches) {
    const native = new Map(histograms.map(({ sample, histogram }) => [sample, histogram]));
    seriesOf.forEach((index, i) => {
      const { __name__: name = "", ...labels } = series[index] ?? {};
      const inner = Object.entries(labels)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([label, value]) => `${label}=${JSON.stringify(value)}`);
      const histogram = native.get(i);
      found[`${name}{${inner.join(",")}}`] =
        histogram === undefined
          ? isStale(values, i)
            ? "stale"
            : (values[i] ?? 0)
          : `${histogram.count} ${[...histogram.positive.indexes].join(",")}:${[...histogram.positive.counts].join(",")}`;
    });
  }
  return found;
}

async function* once(body: Buffer) {
  yield body;
}

/** Sends metrics of one resource and scope as JSON; answers the status and the parsed body. */
async function send(metrics: readonly object[], resource: object = {}, scope: object = {}) {
  const request = { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] };
  const { status, body } = await push.otlp.receive({
    contentType: "application/json",
    contentEncoding: "gzip",
    body: once(gzipSync(JSON.stringify(request))),
  });
  return { status, answer: JSON.parse(body.toString()) as unknown };
}

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const shop = {
  attributes: [
    attribute("service.name", "checkout"),
    attribute("service.namespace", "shop"),
    attribute("service.instance.id", "i-1"),
    attribute("host.name", "h1"),
  ],
};

describe("the OpenTelemetry SDK", () => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    const routed: typeof push = {
      ...push,
      otlp: { receive: (request) => push.otlp.receive(request) },
    };
    server = await testServer({ routes: [pushRoutes(routed)] });
    key = await server.token("ingest");
  });
  afterAll(() => server.close());

  it.each([
    ["protobuf", ProtobufExporter, "/v1/metrics"],
    ["JSON", JsonExporter, "/api/v1/otlp/v1/metrics"],
  ] as const)("sends everything it has as %s", async (_name, Exporter, path) => {
    const exporter = new Exporter({
      url: server.url + path,
      headers: { authorization: `Bearer ${key}` },
    });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e9 });
    const provider = new MeterProvider({
      resource: resourceFromAttributes({
        "service.name": "checkout",
        "service.namespace": "shop",
        "service.instance.id": "i-1",
        "host.name": "h1",
      }),
      readers: [reader],
      views: [
        {
          instrumentName: "sizes",
          aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
        },
        {
          instrumentName: "http.server.duration",
          aggregation: {
            type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
            options: { boundaries: [0.1, 1] },
          },
        },
      ],
    });
    const meter = provider.getMeter("shop", "1.2.3");
    meter.createCounter("orders", { unit: "{order}", description: "Orders." }).add(3, {
      "payment.method": "card",
      retried: false,
      amount: 12.5,
    });
    meter.createUpDownCounter("queue.length").add(-2);
    meter.createGauge("cpu.utilization", { unit: "1" }).record(0.25);
    const durations = meter.createHistogram("http.server.duration", { unit: "s" });
    for (const seconds of [0.05, 0.5, 5]) durations.record(seconds, { "http.route": "/" });
    const sizes = meter.createHistogram("sizes", { unit: "By" });
    for (const bytes of [1, 2, 4]) sizes.record(bytes);
    await reader.forceFlush();
    await provider.shutdown();

    const common = 'instance="i-1",job="shop/checkout"';
    const scope = 'otel_scope_name="shop",otel_scope_version="1.2.3"';
    const found = stored();
    const native = Object.entries(found).find(([series]) => series.startsWith("sizes_bytes{"));
    expect(native?.[1]).toMatch(/^3 /);
    delete found[native?.[0] ?? ""];
    const route = `{http_route="/",${common}`;
    expect(found).toEqual({
      [`orders_total{amount="12.5",${common},${scope},payment_method="card",retried="false"}`]: 3,
      [`queue_length{${common},${scope}}`]: -2,
      [`cpu_utilization_ratio{${common},${scope}}`]: 0.25,
      [`http_server_duration_seconds_sum${route},${scope}}`]: 5.55,
      [`http_server_duration_seconds_count${route},${scope}}`]: 3,
      [`http_server_duration_seconds_bucket${route},le="0.1",${scope}}`]: 1,
      [`http_server_duration_seconds_bucket${route},le="1",${scope}}`]: 2,
      [`http_server_duration_seconds_bucket${route},le="+Inf",${scope}}`]: 3,
      [`target_info{host_name="h1",${common}}`]: 1,
    });
    expect(batches[0]?.metadata).toContainEqual({
      metric: "orders_total",
      type: "counter",
      help: "Orders.",
      unit: "",
    });
  });
});

describe("temporality", () => {
  const sum = (start: number, time: number, value: number, aggregationTemporality = 1) => ({
    name: "hits",
    sum: {
      isMonotonic: true,
      aggregationTemporality,
      dataPoints: [
        { startTimeUnixNano: nanos(start), timeUnixNano: nanos(time), asInt: String(value) },
      ],
    },
  });

  it("sums up deltas, each once, also when a request has to be sent again", async () => {
    await send([sum(T, T + 10, 5)]);
    expect(stored()).toEqual({ "hits_total{}": 5 });
    failure = new Error("the disk is full");
    await expect(send([sum(T + 10, T + 20, 2)])).rejects.toThrow("the disk is full");
    failure = undefined;
    await send([sum(T + 10, T + 20, 2)]);
    expect(stored()).toEqual({ "hits_total{}": 7 });
    const before = batches.length;
    await send([sum(T + 10, T + 20, 2)]);
    expect(batches.slice(before).flatMap(({ times }) => [...times])).toEqual([]);
    const { answer } = await send([sum(T + 15, T + 30, 2)]);
    expect(answer).toEqual({
      partialSuccess: {
        rejectedDataPoints: "1",
        errorMessage: "a point of hits_total begins before the last delta's end",
      },
    });
  });

  it("lets the deltas of one resource take turns, and no other resource wait", async () => {
    let release = () => {};
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const first = send([sum(T, T + 10, 5)], shop);
    const second = send([sum(T + 10, T + 20, 2)], shop);
    await reached;
    hold = undefined;
    await send([sum(T, T + 10, 1)]);
    expect(stored()).toEqual({ "hits_total{}": 1 });
    release();
    await Promise.all([first, second]);
    const series = 'hits_total{instance="i-1",job="shop/checkout"}';
    expect(stored()[series]).toBe(7);
  });

  it("keeps the sums of so many series, and makes room when one has gone silent", async () => {
    push = make({ deltaSeries: 1 });
    await send([sum(T, T + 10, 5)]);
    const other = { ...sum(T, T + 10, 1), name: "other" };
    expect((await send([other])).answer).toMatchObject({
      partialSuccess: { rejectedDataPoints: "1" },
    });
    expect(dropped).toEqual([["over_limit", 1]]);
    clock.advance(11 * 60_000);
    expect((await send([other])).answer).toEqual({});
  });

  it("sums up histograms, and begins anew when their bounds change", async () => {
    const histogram = (time: number, bounds: number[], counts: number[]) => ({
      name: "h",
      histogram: {
        aggregationTemporality: 1,
        dataPoints: [
          {
            timeUnixNano: nanos(time),
            count: 3,
            sum: 6,
            bucketCounts: counts.map(String),
            explicitBounds: bounds,
          },
        ],
      },
    });
    await send([histogram(T, [1], [1, 2])]);
    await send([histogram(T + 1, [1], [1, 2])]);
    expect(stored()).toEqual({
      "h_sum{}": 12,
      "h_count{}": 6,
      'h_bucket{le="1"}': 2,
      'h_bucket{le="+Inf"}': 6,
    });
    await send([histogram(T + 2, [2], [0, 3])]);
    expect(stored()).toMatchObject({ "h_count{}": 3, 'h_bucket{le="2"}': 0 });
  });

  it("sums up exponential histograms at the coarser scale", async () => {
    const exponential = (time: number, scale: number, offset: number, bucketCounts: number[]) => ({
      name: "e",
      exponentialHistogram: {
        aggregationTemporality: 1,
        dataPoints: [
          {
            timeUnixNano: nanos(time),
            count: 3,
            sum: 6,
            scale,
            positive: { offset, bucketCounts },
          },
        ],
      },
    });
    await send([exponential(T, 1, 0, [1, 0, 2])]);
    expect(stored()).toEqual({ "e{}": "3 1,3:1,2" });
    await send([exponential(T + 1, 0, -1, [3])]);
    // Of scale 1, the buckets 1 and 3 lie in 1 and 2 of scale 0.
    expect(stored()).toEqual({ "e{}": "6 0,1,2:3,1,2" });
  });

  it("refuses a sum that has none", async () => {
    const { status, answer } = await send([sum(T, T, 1, 0), sum(T, T, 1, 2)]);
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      partialSuccess: {
        rejectedDataPoints: "1",
        errorMessage: expect.stringContaining("no aggregation temporality"),
      },
    });
    expect(stored()).toEqual({ "hits_total{}": 1 });
  });
});

it("takes the settings of prometheus.yml's section otlp", async () => {
  const histogram = {
    aggregationTemporality: 2,
    dataPoints: [
      {
        timeUnixNano: nanos(T),
        count: 4,
        sum: 8,
        bucketCounts: ["1", "0", "3"],
        explicitBounds: [1, 2],
      },
    ],
  };
  const sendOne = () =>
    send([{ name: "http.duration", unit: "s", histogram }], shop, { name: "lib", version: "1" });
  const given = otlpSection.parse({
    translation_strategy: "NoUTF8EscapingWithSuffixes",
    promote_resource_attributes: ["host.name"],
    keep_identifying_resource_attributes: true,
    convert_histograms_to_nhcb: true,
    promote_scope_metadata: false,
  });
  let settings = otlpSettings(given);
  push = make({}, () => settings);
  await sendOne();
  expect(stored()).toEqual({
    'http.duration_seconds{host.name="h1",instance="i-1",job="shop/checkout"}': "4 0,2:1,3",
    'target_info{host.name="h1",instance="i-1",job="shop/checkout",service.instance.id="i-1",service.name="checkout",service.namespace="shop"}': 1,
  });
  expect(batches[0]?.histograms?.[0]?.histogram.customValues).toEqual(Float64Array.of(1, 2));
  batches = [];
  settings = otlpSettings(
    otlpSection.parse({
      translation_strategy: "NoTranslation",
      promote_all_resource_attributes: true,
      ignore_resource_attributes: ["service.namespace", "service.instance.id", "service.name"],
    }),
  );
  await sendOne();
  const common =
    'host.name="h1",instance="i-1",job="shop/checkout",otel_scope_name="lib",otel_scope_version="1"';
  expect(stored()).toMatchObject({ [`http.duration_count{${common}}`]: 4 });
});

it("stores summaries, ends of series and exemplars", async () => {
  const point = { timeUnixNano: nanos(T), asDouble: 1 };
  await send([
    {
      name: "s",
      summary: {
        dataPoints: [
          { ...point, count: "4", sum: 8, quantileValues: [{ quantile: 0.99, value: 3 }] },
        ],
      },
    },
    { name: "gone", gauge: { dataPoints: [{ ...point, flags: 1 }] } },
    {
      name: "c",
      sum: {
        aggregationTemporality: 2,
        isMonotonic: false,
        dataPoints: [
          {
            ...point,
            exemplars: [
              {
                timeUnixNano: nanos(T),
                asInt: "7",
                traceId: "5b8efff798038103d269b633813fc60c",
                spanId: "eee19b7ec3c1b174",
                filteredAttributes: [attribute("user", "ann")],
              },
            ],
          },
        ],
      },
    },
  ]);
  expect(stored()).toEqual({
    "s_sum{}": 8,
    "s_count{}": 4,
    's{quantile="0.99"}': 3,
    "gone{}": "stale",
    "c{}": 1,
  });
  expect(batches[0]?.exemplars).toEqual([
    {
      series: expect.any(Number),
      time: T,
      value: 7,
      labels: {
        trace_id: "5b8efff798038103d269b633813fc60c",
        span_id: "eee19b7ec3c1b174",
        user: "ann",
      },
    },
  ]);
});

it("joins attributes whose names meet, and lets the resource win over job and instance", async () => {
  const attributes = [
    attribute("a.b", "1"),
    attribute("a_b", "2"),
    attribute("job", "mine"),
    { key: "list", value: { arrayValue: { values: [{ intValue: "9007199254740993" }] } } },
  ];
  const dataPoints = [{ timeUnixNano: nanos(T), asDouble: 1, attributes }];
  await send([{ name: "g", gauge: { dataPoints } }], shop);
  expect(stored()).toEqual({
    'g{a_b="1;2",instance="i-1",job="shop/checkout",list="[\\"9007199254740993\\"]"}': 1,
    'target_info{host_name="h1",instance="i-1",job="shop/checkout"}': 1,
  });
});

it("refuses points that cannot be stored, and stores the others", async () => {
  const dataPoints = [
    { asDouble: 1 },
    { timeUnixNano: nanos(9e12), asDouble: 1 },
    { timeUnixNano: nanos(T), asDouble: 1, attributes: [attribute("a", "x".repeat(9000))] },
    { timeUnixNano: nanos(T), asDouble: 2 },
  ];
  const { status, answer } = await send([
    { name: "g", gauge: { dataPoints } },
    { name: "…", gauge: { dataPoints: dataPoints.slice(3) } },
  ]);
  expect(status).toBe(200);
  const { partialSuccess } = answer as {
    partialSuccess: { rejectedDataPoints: string; errorMessage: string };
  };
  expect(partialSuccess.rejectedDataPoints).toBe("4");
  for (const part of ["has no time", "between 1970 and 2100", "8192 bytes", "no name that"]) {
    expect(partialSuccess.errorMessage).toContain(part);
  }
  expect(stored()).toEqual({ "g{}": 2 });
});

it("answers failures as google.rpc.Status in the request's form", async () => {
  const receive = async (body: Buffer, contentType?: string, contentEncoding?: string) => {
    const got = await push.otlp.receive({ contentType, contentEncoding, body: once(body) });
    return { ...got, body: got.body.toString() };
  };
  const json = "application/json";
  const protobuf = "application/x-protobuf";
  expect(await receive(Buffer.from("{"), json)).toMatchObject({
    status: 400,
    contentType: json,
    body: expect.stringMatching(/^\{"code":3,"message":"the body is not JSON/),
  });
  expect(await receive(Buffer.from('{"resourceMetrics":[{"resource":7}]}'), json)).toMatchObject({
    status: 400,
    fault: "the request is malformed: resourceMetrics[0].resource: an object is expected",
  });
  expect(await receive(Buffer.from([10, 9, 1]), protobuf)).toMatchObject({
    status: 400,
    contentType: protobuf,
    body: expect.stringContaining("malformed at byte 2"),
  });
  expect((await receive(Buffer.from("x"), json, "gzip")).fault).toContain("is not gzip");
  expect(await receive(Buffer.from("x"), json, "br")).toMatchObject({ status: 415 });
  expect(await receive(Buffer.from("x"), "text/plain")).toMatchObject({ status: 415 });
  const bomb = gzipSync(Buffer.alloc(40 << 20));
  expect(await receive(bomb, protobuf, "gzip")).toMatchObject({ status: 413 });
  push = make({ heldBytes: 1 });
  expect(await receive(Buffer.from("{}"), json)).toMatchObject({ status: 503 });
  push = make({ samples: 1 });
  const many = Buffer.from(`{"resourceMetrics":[${"{},".repeat(9)}{}]}`);
  expect((await receive(many, json)).fault).toContain("more than 4 messages");
});
