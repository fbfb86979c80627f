import fc from "fast-check";
import { compressSync, uncompressSync } from "snappy";
import { SeaworthyError, systemClock } from "../../src/model/index.ts";
import type { SampleSink } from "../../src/model/index.ts";
import { createPushReceivers } from "../../src/receive/index.ts";
import { Aggregate } from "../../src/receive/statsd/aggregate.ts";
import { LINE_LIMITS, parseLine } from "../../src/receive/statsd/parse.ts";
import { checkBatch } from "../../src/store/clickhouse/check-batch.ts";
import { bodyV1, bodyV2 } from "../remote-write-body.ts";
import type { SentHistogram, SentSeries } from "../remote-write-body.ts";
import { anyMessage, damaged } from "./bytes.ts";
import { target } from "./target.ts";
import type { FuzzTarget } from "./target.ts";
import { exposition, promql, relabelling, syslog } from "./text-targets.ts";

/** Whatever is decoded must be something that the store can take. */
const sink: SampleSink = {
  write: async (batch) => {
    try {
      checkBatch(batch);
    } catch (cause) {
      throw new Error("the store would refuse what was decoded", { cause });
    }
  },
  describe: () => {},
};

async function* once(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}

const number = fc.oneof(fc.double(), fc.integer({ min: -5, max: 5 }));
const count = fc.nat(5);
const spans = fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), count), { maxLength: 3 });
const histogram: fc.Arbitrary<SentHistogram> = fc.record({
  time: fc.oneof(fc.nat(), fc.constant(1_700_000_000_000)),
  count,
  sum: number,
  schema: fc.constantFrom(0, 8, -4, -53, 9),
  zeroThreshold: fc.constantFrom(0, 0.1),
  zeroCount: fc.nat(2),
  positiveSpans: spans,
  negativeSpans: spans,
  positive: fc.array(fc.integer({ min: -2, max: 5 }), { maxLength: 6 }),
  negative: fc.array(fc.integer({ min: -2, max: 5 }), { maxLength: 6 }),
  float: fc.boolean(),
  customValues: fc.array(number, { maxLength: 3 }),
  resetHint: fc.nat(5),
});
const labelText = fc.oneof(fc.constantFrom("__name__", "__proto__", "job", ""), fc.string());
const series: fc.Arbitrary<SentSeries> = fc.record({
  labels: fc
    .array(fc.tuple(labelText, labelText), { maxLength: 5 })
    .map((labels) => [["__name__", "x"] as const, ...labels]),
  samples: fc.array(fc.tuple(fc.oneof(fc.nat(), fc.integer()), number), { maxLength: 3 }),
  histograms: fc.array(histogram, { maxLength: 2 }),
  exemplars: fc.array(
    fc.record({
      labels: fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
      value: number,
      time: fc.nat(),
    }),
    { maxLength: 2 },
  ),
});

function remoteWrite(): FuzzTarget {
  const receivers = createPushReceivers({
    samples: sink,
    metrics: { dropped: () => {} },
    clock: systemClock,
  });
  const written = fc.array(series, { maxLength: 4 });
  // Damaged before they are compressed, so that the damage reaches the decoder.
  const plain = (body: Buffer) => Buffer.from(uncompressSync(body));
  const bodies = fc.oneof(
    written.map((all) => plain(bodyV1(all))),
    written.map((all) => plain(bodyV2(all))),
    anyMessage,
  );
  const compressed = fc.oneof(
    { weight: 9, arbitrary: damaged(bodies).map((body) => compressSync(body)) },
    { weight: 1, arbitrary: damaged(anyMessage) },
  );
  const type = fc.constantFrom(
    undefined,
    "application/x-protobuf;proto=io.prometheus.write.v2.Request",
  );
  return target(fc.tuple(compressed, type), async ([body, contentType]) => {
    try {
      const request = { contentType, contentEncoding: "snappy", body: once(body) };
      await receivers.remoteWrite.receive(request);
    } catch (error) {
      // What cannot be read, and what says of itself that it is too large.
      if (!(error instanceof SeaworthyError) || ![400, 413].includes(error.status)) throw error;
    }
  });
}

/** Words of OTLP's JSON, and values of any kind where they do not belong. */
const otlpJson: fc.Arbitrary<unknown> = fc.letrec<{ tree: unknown }>((tie) => {
  const names = [
    ..."resourceMetrics resource scopeMetrics scope metrics name gauge sum histogram".split(" "),
    ..."exponentialHistogram summary dataPoints attributes key value arrayValue values".split(" "),
    ..."kvlistValue stringValue intValue timeUnixNano asInt asDouble bucketCounts".split(" "),
    ..."explicitBounds aggregationTemporality scale positive offset count exemplars".split(" "),
  ];
  return {
    tree: fc.oneof(
      { maxDepth: 12 },
      fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null), fc.boolean()),
      fc.constant("1700000000000000000"),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie("tree"), { maxKeys: 4 }),
    ),
  };
}).tree;

function otlp(): FuzzTarget {
  const receivers = createPushReceivers({
    samples: sink,
    metrics: { dropped: () => {} },
    clock: systemClock,
  });
  const request = fc.oneof(
    damaged(anyMessage).map((body) => ({ body, contentType: "application/x-protobuf" })),
    otlpJson.map((tree) => ({
      body: Buffer.from(JSON.stringify({ resourceMetrics: tree })),
      contentType: "application/json",
    })),
  );
  return target(request, async ({ body, contentType }) => {
    const { status, fault } = await receivers.otlp.receive({
      contentType,
      contentEncoding: undefined,
      body: once(body),
    });
    if (status !== 200 && status !== 400) throw new Error(`answered ${status}: ${fault}`);
  });
}

const statsdLine = fc
  .array(
    fc.oneof(
      fc.constantFrom(":", "|", "c", "g", "ms", "h", "d", "s", "@0.1", "#a:b,c", "T1", "_e{"),
      fc.constantFrom("x", "le", "__name__", "__proto__", "\n", "+1", "-1e308", "1e-320"),
      fc.string({ maxLength: 4 }),
      fc.double().map(String),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(""));
const statsdMetric = fc
  .tuple(
    fc.constantFrom("a", "b.c", "9", "é"),
    fc.double().map(String),
    fc.constantFrom("c", "g", "ms", "h", "s"),
    fc.constantFrom("", "|@0.5", "|#le:1,x:y"),
  )
  .map(([name, value, type, rest]) => `${name}:${value}|${type}${rest}`);

function statsd(): FuzzTarget {
  const limits = { series: 50, setMembers: 50, expireAfter: 1000 };
  const aggregates = (["classic", "native"] as const).map(
    (form) => new Aggregate(limits, form, 1_700_000_000_000),
  );
  let now = 1_700_000_000_000;
  return target(fc.array(fc.oneof(statsdLine, statsdMetric)), async (lines) => {
    now += 100;
    for (const aggregate of aggregates) {
      for (const line of lines) {
        const metric = parseLine(line, LINE_LIMITS);
        if (typeof metric !== "string") aggregate.add(metric, now);
      }
      if (aggregate.size > limits.series) throw new Error("more series than the limit");
      await sink.write(aggregate.flush(now).build());
    }
  });
}

/** By the names that `scripts/fuzz.mjs` takes. */
export const FUZZ_TARGETS: Readonly<Record<string, () => FuzzTarget>> = {
  "remote-write": remoteWrite,
  otlp,
  statsd,
  exposition,
  promql,
  relabelling,
  syslog,
};
