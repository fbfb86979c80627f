import { compressSync } from "snappy";
import { beforeEach, describe, expect, it } from "vitest";
import { ProtoWriter } from "../../../test/protobuf-writer.ts";
import { bodyV1, bodyV2, pairs } from "../../../test/remote-write-body.ts";
import type { SentSeries } from "../../../test/remote-write-body.ts";
import { isStale, SamplesRefused, STALE_BITS, systemClock } from "../../model/index.ts";
import type { MetricMetadata, SampleBatch, SampleSink } from "../../model/index.ts";
import type { PushLimits } from "../push/limits.ts";
import { createPushReceivers } from "../push/receivers.ts";

const T = 1_700_000_000_000;
const V2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
const up = pairs({ __name__: "up", job: "shop" });

let batches: SampleBatch[];
let described: MetricMetadata[];
let dropped: [string, number][];
let failure: Error | undefined;
beforeEach(() => {
  batches = [];
  described = [];
  dropped = [];
  failure = undefined;
});

const sink: SampleSink = {
  async write(batch) {
    batches.push(batch);
    if (failure !== undefined) throw failure;
  },
  describe: (metadata) => void described.push(...metadata),
};

function receiver(limits: Partial<PushLimits> = {}) {
  const metrics = {
    dropped: (_: string, reason: string, count: number) => void dropped.push([reason, count]),
  };
  const { remoteWrite } = createPushReceivers({
    samples: sink,
    metrics,
    limits,
    clock: systemClock,
  });
  return (body: Buffer, contentType?: string, contentEncoding?: string) =>
    remoteWrite.receive({ contentType, contentEncoding, body: stream(body) });
}

async function* stream(body: Buffer) {
  yield body.subarray(0, body.length >> 1);
  yield body.subarray(body.length >> 1);
}

function rows(): [labels: unknown, time: number, value: number | "stale"][] {
  return batches.flatMap(({ series, seriesOf, times, values }) =>
    Array.from(seriesOf, (index, i): [unknown, number, number | "stale"] => [
      series[index],
      times[i] ?? 0,
      isStale(values, i) ? "stale" : (values[i] ?? 0),
    ]),
  );
}

describe.each([
  ["1.0", bodyV1, undefined],
  ["2.0", bodyV2, V2],
] as const)("remote write %s", (_version, body, type) => {
  it("stores samples bit for bit, and knows a series again", async () => {
    const receive = receiver();
    const other = pairs({ __name__: "t", été: "héé😀", __proto: "x" });
    const send = (time: number) =>
      receive(
        body([
          {
            labels: up,
            samples: [
              [time, 1.5],
              [time + 1, STALE_BITS],
            ],
          },
          { labels: [...other, ["empty", ""]], samples: [[time, -0]] },
        ]),
        type,
        "snappy",
      );
    expect((await send(T)).status).toBe(204);
    await send(T + 10);
    expect(rows().slice(3)).toEqual([
      [{ __name__: "up", job: "shop" }, T + 10, 1.5],
      [{ __name__: "up", job: "shop" }, T + 11, "stale"],
      [{ __name__: "t", été: "héé😀", __proto: "x" }, T + 10, -0],
    ]);
    expect(batches[1]?.series[0]).toBe(batches[0]?.series[0]);
    expect(dropped).toEqual([]);
  });

  it("knows series again in whatever order they come", async () => {
    const receive = receiver();
    const of = (name: string) => ({
      labels: pairs({ __name__: name }),
      samples: [[T, 1]] as const,
    });
    const orders = ["a b c", "a b c", "c a", "b bb a", "bb b", "a b c"];
    for (const order of orders) {
      expect((await receive(body(order.split(" ").map(of)), type)).status).toBe(204);
    }
    expect(
      batches.map((batch) => batch.series.map((labels) => labels["__name__"]).join(" ")),
    ).toEqual(orders);
    const all = batches.flatMap(({ series }) => series);
    expect(new Set(all).size).toBe(4);
  });

  it("stores what it can of a request, and says what was wrong with the rest", async () => {
    const bad: SentSeries[] = [
      {
        labels: [["job", "x"]],
        samples: [
          [T, 1],
          [T + 1, 1],
        ],
      },
      { labels: [...up, ["job", "again"]], samples: [[T, 1]] },
      { labels: [...up, ["", "v"]], samples: [[T, 1]] },
      { labels: [...up, ["z", Uint8Array.of(0xff)]], samples: [[T, 1]] },
      { labels: [...up, ["z", "x".repeat(9000)]], samples: [[T, 1]] },
      {
        labels: pairs({ __name__: "a" }),
        samples: [
          [-1, 1],
          [9e15, 1],
        ],
      },
      { labels: up, samples: [[T, 7]] },
    ];
    const { status, message } = await receiver()(body(bad), type);
    expect(status).toBe(400);
    expect(message).toContain("8 of 9 samples were not stored, the others were");
    for (const part of [
      '{job="x"} has no metric name',
      '"job" twice',
      "empty name",
      "not UTF-8",
      "8192 bytes",
      "and 2 more",
    ]) {
      expect(message).toContain(part);
    }
    expect(rows()).toEqual([[{ __name__: "up", job: "shop" }, T, 7]]);
    expect(dropped).toEqual([["invalid", 8]]);
  });

  it("stores native histograms of all kinds", async () => {
    const base = { time: T, sum: 18.4, schema: 1 };
    const { status } = await receiver()(
      body([
        {
          labels: up,
          histograms: [
            {
              ...base,
              count: 9,
              zeroThreshold: 0.001,
              zeroCount: 2,
              positiveSpans: [
                [0, 2],
                [1, 1],
              ],
              positive: [1, 1, -1],
              negativeSpans: [[-3, 1]],
              negative: [3],
              resetHint: 2,
            },
            {
              ...base,
              time: T + 1,
              count: 1.5,
              float: true,
              positiveSpans: [[4, 1]],
              positive: [1.5],
              resetHint: 3,
            },
            {
              ...base,
              time: T + 2,
              schema: -53,
              count: 3,
              customValues: [1, 2.5],
              positiveSpans: [[0, 3]],
              positive: [1, 0, 0],
            },
            { ...base, time: T + 3, count: 0, sumBits: STALE_BITS },
          ],
        },
      ]),
      type,
    );
    expect(status).toBe(204);
    const [batch] = batches;
    expect([...(batch?.times ?? [])]).toEqual([T, T + 1, T + 2, T + 3]);
    expect(batch !== undefined && isStale(batch.values, 3)).toBe(true);
    const empty = { indexes: Int32Array.of(), counts: Float64Array.of() };
    expect(batch?.histograms).toEqual([
      {
        sample: 0,
        histogram: {
          schema: 1,
          count: 9,
          sum: 18.4,
          zeroThreshold: 0.001,
          zeroCount: 2,
          positive: { indexes: Int32Array.of(0, 1, 3), counts: Float64Array.of(1, 2, 1) },
          negative: { indexes: Int32Array.of(-3), counts: Float64Array.of(3) },
          customValues: Float64Array.of(),
          counterResetHint: "not_reset",
          integer: true,
        },
      },
      {
        sample: 1,
        histogram: expect.objectContaining({
          count: 1.5,
          positive: { indexes: Int32Array.of(4), counts: Float64Array.of(1.5) },
          negative: empty,
          counterResetHint: "gauge",
          integer: false,
        }),
      },
      {
        sample: 2,
        histogram: expect.objectContaining({
          schema: -53,
          positive: { indexes: Int32Array.of(0, 1, 2), counts: Float64Array.of(1, 1, 1) },
          customValues: Float64Array.of(1, 2.5),
        }),
      },
    ]);
  });

  it("refuses histograms that are none, and keeps the others", async () => {
    const good = {
      time: T,
      sum: 1,
      schema: 0,
      count: 1,
      positiveSpans: [[0, 1]],
      positive: [1],
    } as const;
    const { status, message } = await receiver()(
      body([
        {
          labels: up,
          histograms: [
            good,
            { ...good, schema: 9 },
            { ...good, positiveSpans: [[0, 4_000_000_000]] },
            {
              ...good,
              positiveSpans: [
                [0, 1],
                [-2, 1],
              ],
              positive: [1, 1],
            },
            { ...good, positive: [-5] },
          ],
        },
      ]),
      type,
    );
    expect(status).toBe(400);
    expect(message).toMatch(
      /^4 of 5 samples.*schema 9 is neither.*4000000000 buckets.*begins 2 before.*no number from 0 up/,
    );
    expect(batches[0]?.histograms).toHaveLength(1);
  });

  it("takes exemplars, and leaves out those that cannot be stored", async () => {
    const exemplar = { labels: { trace_id: "abc" }, value: 0.3, time: T };
    const exemplars = [
      exemplar,
      { ...exemplar, labels: { id: "é".repeat(127) } },
      { ...exemplar, time: -1 },
    ];
    const { status } = await receiver()(body([{ labels: up, samples: [[T, 1]], exemplars }]), type);
    expect(status).toBe(204);
    expect(batches[0]?.exemplars).toEqual([{ series: 0, ...exemplar }]);
  });

  it("holds a request to its limits", async () => {
    const two = body([
      {
        labels: up,
        samples: [
          [T, 1],
          [T, 2],
        ],
      },
      { labels: up },
    ]);
    await expect(receiver({ samples: 1 })(two, type)).rejects.toMatchObject({ status: 400 });
    await expect(receiver({ bodyBytes: 10 })(two, type)).rejects.toMatchObject({ status: 413 });
    await expect(receiver({ decompressedBytes: 10 })(two, type)).rejects.toMatchObject({
      status: 413,
    });
    await expect(receiver({ heldBytes: 10 })(two, type)).rejects.toMatchObject({ status: 503 });
    expect(batches).toEqual([]);
    const { message } = await receiver({ labels: 1 })(two, type);
    expect(message).toContain("has 2 labels (limit 1)");
  });

  it("says what the store refused, and lets its failures through", async () => {
    const receive = receiver();
    const sent = body([
      {
        labels: up,
        samples: [
          [T, 1],
          [T - 1, 2],
        ],
      },
    ]);
    failure = new SamplesRefused("1 sample is older than 1h", new Map([["too_old", 1]]));
    const { status, message, headers } = await receive(sent, type);
    expect([status, message]).toEqual([
      400,
      expect.stringContaining("1 of 2 samples were not stored"),
    ]);
    expect(dropped).toEqual([
      ["invalid", 0],
      ["out_of_order", 1],
    ]);
    if (type === V2) expect(headers["x-prometheus-remote-write-samples-written"]).toBe("1");
    failure = new Error("the disk is full");
    await expect(receive(sent, type)).rejects.toThrow("the disk is full");
    failure = new RangeError("not a batch");
    await expect(receive(sent, type)).rejects.toMatchObject({ status: 400 });
  });
});

it("takes descriptions of metrics", async () => {
  const metadata = [{ type: 1, metric: "hits_total", help: "Hits.", unit: "" }];
  expect((await receiver()(bodyV1([], metadata))).status).toBe(204);
  expect(batches[0]?.metadata).toEqual([
    { type: "counter", metric: "hits_total", help: "Hits.", unit: "" },
  ]);
  await receiver()(
    bodyV2([
      {
        labels: pairs({ __name__: "lat_bucket", le: "1" }),
        samples: [[T, 1]],
        metadata: { type: 3, help: "H.", unit: "s" },
      },
    ]),
    V2,
  );
  expect(batches[1]?.metadata).toEqual([
    { type: "histogram", metric: "lat", help: "H.", unit: "s" },
  ]);
});

it("tells a sender of 2.0 how much was written", async () => {
  const histogram = {
    time: T,
    sum: 1,
    schema: 0,
    count: 1,
    positiveSpans: [[0, 1]],
    positive: [1],
  } as const;
  const exemplars = [{ labels: { a: "b" }, value: 1, time: T }];
  const answer = await receiver()(
    bodyV2([
      {
        labels: up,
        samples: [
          [T, 1],
          [T + 1, 2],
        ],
        exemplars,
      },
      { labels: pairs({ __name__: "h" }), histograms: [histogram] },
    ]),
    V2,
  );
  expect(answer).toEqual({
    status: 204,
    message: "",
    headers: {
      "x-prometheus-remote-write-samples-written": "2",
      "x-prometheus-remote-write-histograms-written": "1",
      "x-prometheus-remote-write-exemplars-written": "1",
    },
  });
});

it("reads labels wherever they stand in a series", async () => {
  const series = new ProtoWriter().message(1, (writer) =>
    writer
      .message(1, (inner) => inner.text(1, "job").text(2, "shop"))
      .message(2, (inner) => inner.double(1, 3).varint(2, T))
      .message(1, (inner) => inner.text(1, "__name__").text(2, "up")),
  );
  await receiver()(compressSync(series.bytes()));
  expect(rows()).toEqual([[{ __name__: "up", job: "shop" }, T, 3]]);
});

it("refuses other formats by name", async () => {
  const receive = receiver();
  const body = bodyV1([{ labels: up, samples: [[T, 1]] }]);
  await expect(receive(body, "application/json")).rejects.toMatchObject({ status: 415 });
  await expect(receive(body, "application/x-protobuf;proto=a.B")).rejects.toThrow("message a.B");
  await expect(receive(body, undefined, "gzip")).rejects.toThrow("Content-Encoding: gzip");
  expect(
    (await receive(body, 'application/x-protobuf; proto="prometheus.WriteRequest"')).status,
  ).toBe(204);
  await expect(receive(bodyV2([{ labels: up }]).subarray(0, 4), V2)).rejects.toThrow(/Snappy/);
});

it("refuses references to symbols that are not there", async () => {
  const request = new ProtoWriter()
    .text(4, "")
    .message(5, (series) => series.packed(1, [1, 2], "varint"));
  await expect(receiver()(compressSync(request.bytes()), V2)).rejects.toThrow("refers to symbol 1");
});

it("reads labels of 1.0 that stand behind the sample, although it knows those before it", async () => {
  const receive = receiver();
  const label = (writer: ProtoWriter, name: string, value: string) =>
    writer.message(1, (inner) => inner.text(1, name).text(2, value));
  const request = (late: boolean) => {
    const made = new ProtoWriter();
    for (const job of ["x", "y"]) {
      made.message(1, (writer) => {
        label(writer, "__name__", `up_${job}`);
        writer.message(2, (inner) => inner.double(1, 1).varint(2, T));
        if (late) label(writer, "late", job);
      });
    }
    return compressSync(made.bytes());
  };
  for (const late of [false, true, false]) await receive(request(late));
  expect(batches.map(({ series }) => series)).toEqual(
    [false, true, false].map((late) =>
      ["x", "y"].map((job) => ({ __name__: `up_${job}`, ...(late ? { late: job } : {}) })),
    ),
  );
});
