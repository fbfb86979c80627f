import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../src/model/index.ts";
import { createMetricsQuery } from "../src/query/index.ts";
import type { MetricsQuery } from "../src/query/index.ts";
import { createPushReceivers, loadPrometheusConfig } from "../src/receive/index.ts";
import { BatchBuilder } from "../src/receive/scrape/batch.ts";
import { DEFAULT_EXPOSITION_LIMITS } from "../src/receive/scrape/format/parser.ts";
import { Ledger } from "../src/receive/scrape/ledger.ts";
import { makeTarget } from "../src/receive/scrape/target.ts";
import { KnownSeries } from "../src/store/clickhouse/series-registry.ts";
import { StartZeros } from "../src/store/clickhouse/start-zeros.ts";
import { openTelemetry } from "../src/store/index.ts";
import type { Telemetry } from "../src/store/index.ts";
import { family, label } from "./protobuf-exposition.ts";
import { bodyV2, pairs } from "./remote-write-body.ts";

const log = pino({ level: "silent" });
const metrics = { dropped() {} };
/** The first sample's time, to the second; each way in tells that counting began 60 s before. */
const T = Math.floor(Date.now() / 1000) * 1000 - 600_000;
const START = T - 60_000;
const NEXT = T + 15_000;
const RESTART = T + 20_000;
const LATER = T + 30_000;

let directory: string;
let telemetry: Telemetry;
let query: MetricsQuery;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sw-starts-"));
  telemetry = await openTelemetry({ dir: join(directory, "s"), log, limits: { startZeros: true } });
  query = createMetricsQuery({ telemetry });
  return async () => {
    await telemetry.close();
    await rm(directory, { recursive: true, force: true });
  };
});

/** The samples of the series that a selector finds: times in seconds after T, and values or counts. */
async function stored(selector: string): Promise<string[]> {
  const { value } = await query.instant(`${selector}[10m]`, LATER);
  if (value.type !== "matrix") throw new Error("a range is a matrix");
  return value.series.map(({ times, values, histograms }) =>
    Array.from(times, (time, i) => {
      const histogram = histograms?.[i];
      return `${(time - T) / 1000}s=${histogram === undefined || histogram === null ? values[i] : `h${histogram.count}`}`;
    }).join(" "),
  );
}

/** A target's ledger; `startTimestamps` is the setting. */
async function ledger(startTimestamps = true, more = "") {
  const file = join(directory, "prometheus.yml");
  const job = `{job_name: shop, static_configs: [{targets: ['a:1']}]${more}}`;
  await writeFile(file, `scrape_configs: [${job}]\n`);
  const config = await loadPrometheusConfig(file, { startTimestamps });
  const [first] = config.jobs;
  if (first === undefined) throw new Error("no job");
  const target = makeTarget(first, "a:1", {});
  if ("drop" in target) throw new Error("the target was dropped");
  const made = new Ledger(target, first, DEFAULT_EXPOSITION_LIMITS, metrics);
  return {
    protocols: first.protocols,
    scrape: async (body: string | Buffer, contentType: string, time: number) => {
      const batch = new BatchBuilder(4);
      const tally = await made.record({ body: Buffer.from(body), contentType }, time, batch);
      const built = batch.build();
      await telemetry.samples.write(built);
      return { tally, built };
    },
  };
}

/** What a counter with its start looks like that restarted between the second and the third sample. */
const COUNTED = "-60s=0 0s=5 15s=7 20s=0 30s=2";

describe("a series begins with a zero at its start", () => {
  it("in OpenMetrics, by its _created line", async () => {
    const { scrape } = await ledger();
    const body = (start: number, value: number) => `# TYPE om_hits counter
om_hits_total{a="x",b="y"} ${value} # {trace_id="t"} 1
om_hits_created{a="x",b="y"} ${start / 1000}
om_hits_total{a="x",b="z"} 9
# TYPE om_s histogram
om_s_bucket{a="x",le="1"} ${value}
om_s_bucket{a="x",le="+Inf"} ${value}
om_s_count{a="x"} ${value}
om_s_sum{a="x"} ${value}
om_s_created{a="x"} ${start / 1000}
# TYPE om_q summary
om_q{quantile="0.5"} ${value}
om_q_created ${start / 1000} # {x="dropped with its line"} 1
# TYPE om_g gauge
om_g_created 3
# EOF
`;
    const type = "application/openmetrics-text; version=1.0.0";
    const { tally } = await scrape(body(START, 5), type, T);
    // The three that tell of starts are no samples, and no series.
    expect(tally).toEqual({ scraped: 8, kept: 8, added: 8 });
    expect((await scrape(body(START, 7), type, NEXT)).tally.added).toBe(0);
    await scrape(body(RESTART, 2), type, LATER);
    expect(await stored('om_hits_total{b="y"}')).toEqual([COUNTED]);
    expect(await stored('om_hits_total{b="z"}')).toEqual(["0s=9 15s=9 30s=9"]);
    for (const name of [
      'om_s_bucket{le="1.0"}',
      'om_s_bucket{le="+Inf"}',
      "om_s_count",
      "om_s_sum",
    ])
      expect(await stored(name)).toEqual([COUNTED]);
    expect(await stored("om_q")).toEqual([COUNTED]);
    expect(await stored('{__name__=~".*_created"}')).toEqual(["0s=3 15s=3 30s=3"]);
  });

  it("in protobuf, native histograms among them", async () => {
    const { scrape, protocols } = await ledger(true, ", scrape_native_histograms: true");
    expect(protocols[0]).toBe("PrometheusProto");
    const body = (start: number, value: number) => {
      const created = [
        [1, "varint", Math.floor(start / 1000)],
        [2, "varint", (start % 1000) * 1e6],
      ] as const;
      const counts = [
        [1, "varint", value],
        [2, "double", value],
      ] as const;
      return Buffer.concat([
        family("pb_total", "counter", [
          [
            label("a", "x"),
            [
              3,
              "message",
              [
                [1, "double", value],
                [3, "message", created],
              ],
            ],
          ],
        ]),
        family("pb_q", "summary", [[[4, "message", [...counts, [4, "message", created]]]]]),
        family("pb_h", "histogram", [
          [
            [
              7,
              "message",
              [
                ...counts,
                [5, "zigzag", 1],
                [6, "double", 0.001],
                [
                  12,
                  "message",
                  [
                    [1, "zigzag", 0],
                    [2, "varint", 1],
                  ],
                ],
                [13, "packed", [value]],
                [15, "message", created],
              ],
            ],
          ],
        ]),
        family("pb_g", "gauge", [[[2, "message", [[1, "double", 1]]]]]),
      ]);
    };
    const type = "application/vnd.google.protobuf; encoding=delimited";
    await scrape(body(START, 5), type, T);
    await scrape(body(START, 7), type, NEXT);
    await scrape(body(RESTART, 2), type, LATER);
    expect(await stored("pb_total")).toEqual([COUNTED]);
    expect(await stored("pb_q_count")).toEqual([COUNTED]);
    expect(await stored("pb_h")).toEqual(["-60s=h0 0s=h5 15s=h7 20s=h0 30s=h2"]);
    expect(await stored("pb_g")).toEqual(["0s=1 15s=1 30s=1"]);
  });

  it("in remote write 2.0, also when a request comes twice", async () => {
    const { remoteWrite } = createPushReceivers({
      samples: telemetry.samples,
      metrics,
      clock: systemClock,
    });
    const send = async (time: number, value: number, start: number) => {
      const body = bodyV2([
        { labels: pairs({ __name__: "rw_total" }), samples: [[time, value, start]] },
        {
          labels: pairs({ __name__: "rw_h" }),
          histograms: [
            {
              time,
              start,
              count: value,
              sum: 1,
              schema: 0,
              positiveSpans: [[0, 1]],
              positive: [value],
            },
          ],
        },
      ]);
      const stream = (async function* () {
        yield body;
      })();
      const { status } = await remoteWrite.receive({
        contentType: "application/x-protobuf;proto=io.prometheus.write.v2.Request",
        contentEncoding: "snappy",
        body: stream,
      });
      expect(status).toBe(204);
    };
    await send(T, 5, START);
    await send(T, 5, START);
    await send(NEXT, 7, START);
    await send(LATER, 2, RESTART);
    expect(await stored("rw_total")).toEqual([COUNTED]);
    expect(await stored("rw_h")).toEqual(["-60s=h0 0s=h5 15s=h7 20s=h0 30s=h2"]);
  });

  it("in OTLP, but not what deltas add up to, and no gauge", async () => {
    const { otlp } = createPushReceivers({
      samples: telemetry.samples,
      metrics,
      clock: systemClock,
    });
    const send = async (time: number, value: number, start: number) => {
      const at = { timeUnixNano: `${time}000000`, startTimeUnixNano: `${start}000000` };
      const point = { ...at, asDouble: value };
      const sum = (aggregationTemporality: number) => ({
        isMonotonic: true,
        aggregationTemporality,
        dataPoints: [point],
      });
      const dataPoints = [
        { ...at, count: value, sum: value, bucketCounts: [value], explicitBounds: [] },
      ];
      const all = [
        { name: "ot.hits", sum: sum(2) },
        {
          name: "ot.delta",
          sum: { ...sum(1), dataPoints: [{ ...point, startTimeUnixNano: "0" }] },
        },
        { name: "ot.size", gauge: { dataPoints: [point] } },
        { name: "ot.time", histogram: { aggregationTemporality: 2, dataPoints } },
      ];
      const request = { resourceMetrics: [{ resource: {}, scopeMetrics: [{ metrics: all }] }] };
      const stream = (async function* () {
        yield Buffer.from(JSON.stringify(request));
      })();
      const { status } = await otlp.receive({
        contentType: "application/json",
        contentEncoding: undefined,
        body: stream,
      });
      expect(status).toBe(200);
    };
    await send(T, 5, START);
    await send(NEXT, 7, START);
    await send(LATER, 2, RESTART);
    expect(await stored("ot_hits_total")).toEqual([COUNTED]);
    expect(await stored("ot_time_count")).toEqual([COUNTED]);
    expect(await stored("ot_delta_total")).toEqual(["0s=5 15s=12 30s=14"]);
    expect(await stored("ot_size")).toEqual(["0s=5 15s=7 30s=2"]);
  });
});

describe("a zero is not made", () => {
  const batch = (name: string, starts: readonly number[], times: readonly number[]) => ({
    series: [{ __name__: name }],
    seriesOf: new Uint32Array(times.length),
    times: Float64Array.from(times),
    values: Float64Array.from(times, (_, i) => i + 1),
    starts: Float64Array.from(starts),
  });

  it("for a start that is no earlier than its sample, or not later than the one before", async () => {
    await telemetry.samples.write(batch("z", [T, T - 1000, T], [T, NEXT, LATER]));
    expect(await stored("z")).toEqual(["0s=1 15s=2 30s=3"]);
  });

  it("for one that is more than an hour old, or no time at all", async () => {
    await telemetry.samples.write(batch("old", [T - 3_700_000, Number.NaN], [T, NEXT]));
    await telemetry.samples.write(batch("odd", [T - 0.5, -1], [T, NEXT]));
    expect(await stored("old")).toEqual(["0s=1 15s=2"]);
    expect(await stored("odd")).toEqual(["0s=1 15s=2"]);
  });

  it("where it is not asked for: _created is a series like any other", async () => {
    const { scrape, protocols } = await ledger(false);
    expect(protocols[0]).toBe("OpenMetricsText1.0.0");
    const body = `# TYPE off_hits counter\noff_hits_total 5\noff_hits_created ${START / 1000}\n# EOF\n`;
    const { tally, built } = await scrape(body, "application/openmetrics-text; version=1.0.0", T);
    expect(tally.scraped).toBe(2);
    expect(built.starts).toBeUndefined();
    expect(await stored("off_hits_created")).toEqual([`0s=${START / 1000}`]);
  });
});

describe("what is known of a series", () => {
  const one = (time: number, start: number) => ({
    series: [{ __name__: "known" }],
    seriesOf: Uint32Array.of(0),
    times: Float64Array.of(time),
    values: Float64Array.of(5),
    starts: Float64Array.of(start),
  });
  const known = () => [new KnownSeries({ low: 1, high: 1, family: 1 }, 0)];

  it("is nothing up to the newest sample of before a restart, so no zero goes there", () => {
    const zeros = new StartZeros(T);
    const series = known();
    const first = zeros.begin(one(NEXT, START), series, NEXT).batch;
    expect(first.times).toEqual(Float64Array.of(NEXT));
    const second = zeros.begin(one(LATER, RESTART), series, LATER).batch;
    expect(second.times).toEqual(Float64Array.of(RESTART, LATER));
  });

  it("is taken back when its batch was not stored", () => {
    const zeros = new StartZeros(0);
    const series = known();
    zeros.begin(one(T, START), series, T).undo();
    expect(zeros.begin(one(T, START), series, T).batch.times).toEqual(Float64Array.of(START, T));
    expect(zeros.begin(one(T, START), series, T).batch.times).toEqual(Float64Array.of(T));
  });
});
