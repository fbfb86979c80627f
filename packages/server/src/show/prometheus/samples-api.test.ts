import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { beforeAll, describe, expect, it } from "vitest";
import { testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import { setStale, systemClock } from "../../model/index.ts";
import type { HistogramSample, Labels } from "../../model/index.ts";
import { createMetricsQuery } from "../../query/index.ts";
import { openTelemetry } from "../../store/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { prometheusRoutes } from "./routes.ts";

/** A whole second, so that times can be written down. */
const now = Math.floor(Date.now() / 1000) * 1000;
const seconds = now / 1000;
let telemetry: Telemetry;
let server: TestServer;
let read: string;
let admin: string;
/** Told of a query that hangs until its client has gone. */
let hanging: (signal: AbortSignal) => void = () => {};

const histogram: HistogramSample = {
  schema: 0,
  count: 7,
  sum: 18.5,
  zeroThreshold: 0.25,
  zeroCount: 1,
  positive: { indexes: Int32Array.of(1, 3), counts: Float64Array.of(2, 3) },
  negative: { indexes: Int32Array.of(0), counts: Float64Array.of(1) },
  customValues: new Float64Array(),
  counterResetHint: "unknown",
  integer: true,
};

async function write(labels: Labels, value: number | "stale", agoMs = 0): Promise<void> {
  const values = Float64Array.of(value === "stale" ? 0 : value);
  if (value === "stale") setStale(values, 0);
  await telemetry.samples.write({
    series: [labels],
    seriesOf: new Uint32Array(1),
    times: Float64Array.of(now - agoMs),
    values,
  });
}

const TRACE = "0af7651916cd43dd8448eb211c80319c";

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-samples-api-"));
  telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
  await Promise.all([
    write({ __name__: "up", job: 'a"b\\\n', instance: "h:1" }, 1, 30_000),
    write({ __name__: "up", job: "b" }, 0, 1000),
    write({ __name__: "ended" }, "stale"),
    write({ __name__: "old" }, 5, 600_000),
    write({ __name__: "doomed", n: "1" }, 1, 60_000),
    write({ __name__: "doomed", n: "1" }, 2),
    write({ __name__: "doomed", n: "2" }, 3),
  ]);
  await telemetry.samples.write({
    series: [{ __name__: "seconds" }],
    seriesOf: new Uint32Array(2),
    times: Float64Array.of(now - 1000, now),
    values: new Float64Array(2),
    histograms: [0, 1].map((sample) => ({ sample, histogram })),
    exemplars: [
      { series: 0, time: now - 500, value: 0.75, labels: { trace_id: TRACE } },
      { series: 0, time: now - 900, value: 1, labels: { trace_id: "def" } },
    ],
  });
  const metrics = createMetricsQuery({ telemetry });
  server = await testServer({
    routes: [
      prometheusRoutes({
        metrics: {
          ...metrics,
          instant: (query, timeMs, options = {}) => {
            const { signal } = options;
            if (query !== "hang" || signal === undefined) {
              return metrics.instant(query, timeMs, options);
            }
            hanging(signal);
            return new Promise((_, reject) => {
              signal.addEventListener("abort", () => reject(new Error("gone")));
            });
          },
        },
        clock: systemClock,
        groups: () => [],
        targets: () => ({ active: [], dropped: [], droppedCounts: {} }),
        status: () => ({
          version: "1.2.3",
          startedAt: 0,
          configLoadedAt: 0,
          reloadSucceeded: true,
          config: "",
          retentionDays: 30,
          queryTimeoutMs: 120_000,
          queryMaxSamples: 1000,
          features: [],
        }),
        externalLabels: () => ({ cluster: "north", job: "external" }),
      }),
    ],
  });
  read = await server.token("read");
  admin = await server.token("admin");
  return async () => {
    await server.close();
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  };
});

async function call(
  path: string,
  { token = read, ...init }: RequestInit & { readonly token?: string } = {},
): Promise<{ readonly status: number; readonly type: string | null; readonly body: string }> {
  const headers = {
    ...Object.fromEntries(new Headers(init.headers)),
    authorization: `Bearer ${token}`,
  };
  const response = await fetch(server.url + path, { ...init, headers });
  const type = response.headers.get("content-type");
  return { status: response.status, type, body: await response.text() };
}

async function data(path: string): Promise<unknown> {
  return (JSON.parse((await call(`/api/v1/${path}`)).body) as { data: unknown }).data;
}

const shownHistogram = {
  count: "7",
  sum: "18.5",
  buckets: [
    [1, "-1", "-0.5", "1"],
    [3, "-0.25", "0.25", "1"],
    [0, "1", "2", "2"],
    [0, "4", "8", "3"],
  ],
};

describe("native histograms", () => {
  it("are answered with their buckets", async () => {
    expect(await data(`query?query=seconds&time=${seconds}`)).toEqual({
      resultType: "vector",
      result: [{ metric: { __name__: "seconds" }, histogram: [seconds, shownHistogram] }],
    });
    const points = [
      [seconds - 1, shownHistogram],
      [seconds, shownHistogram],
    ];
    const range = `query_range?query=seconds&start=${seconds - 1}&end=${seconds}&step=1`;
    for (const path of [range, `query?query=seconds[1m]&time=${seconds}`]) {
      expect(await data(path)).toEqual({
        resultType: "matrix",
        result: [{ metric: { __name__: "seconds" }, histograms: points }],
      });
    }
  });
});

describe("/query_exemplars", () => {
  it("answers the exemplars of every series that the expression selects", async () => {
    const query = encodeURIComponent("rate(seconds[5m]) + up");
    const path = `query_exemplars?query=${query}&start=${seconds - 60}&end=${seconds}`;
    expect(await data(path)).toEqual([
      {
        seriesLabels: { __name__: "seconds" },
        exemplars: [
          { labels: { trace_id: "def" }, value: "1", timestamp: seconds - 0.9 },
          { labels: { trace_id: TRACE }, value: "0.75", timestamp: seconds - 0.5 },
        ],
      },
    ]);
    expect(await data(`query_exemplars?query=up&start=0&end=${seconds}`)).toEqual([]);
    // Where their traces are, for those who ask; an id that is none leads nowhere.
    const [linked] = (await data(`${path}&links=true`)) as { exemplars: { links?: object }[] }[];
    expect(linked?.exemplars.map(({ links }) => links)).toEqual([
      undefined,
      {
        trace: `/explore/traces/${TRACE}`,
        logs: expect.stringContaining(`trace_id%3D%22${TRACE}%22`),
      },
    ]);
  });
});

describe("an expression's text", () => {
  it("is formatted", async () => {
    expect(await data("format_query?query=sum(up)by(job)>bool 0")).toBe(
      "sum by (job) (up) > bool 0",
    );
    expect((await call("/api/v1/format_query?query=sum(")).status).toBe(400);
  });

  it("is answered as a tree", async () => {
    const query = encodeURIComponent(
      '-sum without (a) (rate(x{b!="c"}[5m] offset 1m)) / on (d) group_left y @ end()',
    );
    const selector = { anchored: false, smoothed: false, offset: 0, timestamp: null };
    expect(await data(`parse_query?query=${query}`)).toMatchObject({
      type: "binaryExpr",
      op: "/",
      bool: false,
      matching: { card: "many-to-one", on: true, labels: ["d"], include: [] },
      lhs: {
        type: "unaryExpr",
        op: "-",
        expr: {
          type: "aggregation",
          op: "sum",
          without: true,
          grouping: ["a"],
          param: null,
          expr: {
            type: "call",
            func: { name: "rate", argTypes: ["matrix"], variadic: 0, returnType: "vector" },
            args: [
              {
                ...selector,
                type: "matrixSelector",
                name: "x",
                range: 300_000,
                offset: 60_000,
                startOrEnd: null,
                matchers: expect.arrayContaining([{ type: "!=", name: "b", value: "c" }]),
              },
            ],
          },
        },
      },
      rhs: { ...selector, type: "vectorSelector", name: "y", startOrEnd: "end" },
    });
  });
});

describe("/federate", () => {
  const match = `match[]=${encodeURIComponent('{__name__=~"up|ended|old|seconds"}')}`;

  it("shows the newest sample of each series in the text format", async () => {
    const { body, type } = await call(`/federate?${match}`);
    expect(type).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(body).toBe(`# TYPE up untyped
up{cluster="north",instance="",job="b"} 0 ${now - 1000}
up{cluster="north",instance="h:1",job="a\\"b\\\\\\n"} 1 ${now - 30_000}
`);
  });

  it("and in OpenMetrics where that is wanted", async () => {
    const accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
    const { body, type } = await call(`/federate?${match}`, { headers: { accept } });
    expect(type).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(body).toContain(`\nup{cluster="north",instance="",job="b"} 0 ${seconds - 1}\n`);
    expect(body.endsWith("# EOF\n")).toBe(true);
  });

  it("refuses what is no selector", async () => {
    expect((await call("/federate?match[]=sum(up)")).status).toBe(400);
  });
});

describe("/status/tsdb", () => {
  it("counts series by metric, label and value", async () => {
    expect(await data("status/tsdb?limit=2")).toMatchObject({
      headStats: { numSeries: 7, numLabelPairs: 10, maxTime: now },
      seriesCountByMetricName: [
        { name: "doomed", value: 2 },
        { name: "up", value: 2 },
      ],
      labelValueCountByLabelName: [
        { name: "__name__", value: 5 },
        { name: "job", value: 2 },
      ],
      seriesCountByLabelValuePair: [
        { name: "__name__=doomed", value: 2 },
        { name: "__name__=up", value: 2 },
      ],
    });
    expect(await data("status/walreplay")).toMatchObject({ state: "done" });
  });
});

it("says what is new, what a label costs and who made the series", async () => {
  const target = { job: "shop", instance: "a:80" };
  await write({ __name__: "grown", n: "1", ...target }, 1, 86_400_000);
  await write({ __name__: "grown", n: "1", ...target }, 2);
  await write({ __name__: "grown", n: "2", ...target }, 3);
  const found = await createMetricsQuery({ telemetry }).cardinality({
    startMs: now,
    endMs: now,
    metric: "grown",
    label: "n",
    limit: 9,
  });
  expect(found).toMatchObject({
    series: 2,
    seriesBefore: 1,
    seriesWithoutLabel: 1,
    seriesByMetric: [{ name: "grown", value: 2, added: 1 }],
    seriesByPair: [
      { name: "n=1", value: 1 },
      { name: "n=2", value: 1 },
    ],
    seriesByTarget: [{ ...target, value: 2 }],
  });
  expect(telemetry.activeSeries()).toEqual({ series: 9, limit: 1_000_000 });
});

describe("a client that goes away", () => {
  it.each(["GET", "POST"])("ends its query (%s)", async (method) => {
    const client = new AbortController();
    const ended = new Promise<void>((resolve) => {
      hanging = (signal) => {
        signal.addEventListener("abort", () => resolve());
        client.abort();
      };
    });
    const asked =
      method === "GET"
        ? call("/api/v1/query?query=hang", { signal: client.signal })
        : call("/api/v1/query", {
            method,
            signal: client.signal,
            body: new URLSearchParams({ query: "hang" }),
          });
    await expect(asked).rejects.toThrow();
    await ended;
  });

  it("that stays does not", async () => {
    expect((await call("/api/v1/query?query=up")).status).toBe(200);
  });
});

describe("deleting series", () => {
  const path = "/api/v1/admin/tsdb/delete_series";
  const count = async () =>
    (
      (await data(`query?query=count_over_time(doomed[10m])&time=${seconds}`)) as {
        result: { metric: Labels; value: [number, string] }[];
      }
    ).result.map(({ metric, value }) => [metric["n"], value[1]]);

  it("is for administrators, and needs to be told which", async () => {
    expect((await call(`${path}?match[]=doomed`, { method: "POST" })).status).toBe(403);
    expect((await call(path, { method: "POST", token: admin })).status).toBe(400);
  });

  it("takes the samples of a time range, and whole series, until they come again", async () => {
    const remove = (query: string) => call(`${path}?${query}`, { method: "POST", token: admin });
    expect((await remove(`match[]=doomed&end=${seconds - 30}`)).status).toBe(204);
    expect(await count()).toEqual([
      ["1", "1"],
      ["2", "1"],
    ]);
    expect((await remove(`match[]=${encodeURIComponent('doomed{n="1"}')}`)).status).toBe(204);
    expect(await count()).toEqual([["2", "1"]]);
    expect(await data("series?match[]=doomed")).toEqual([{ __name__: "doomed", n: "2" }]);
    const purge = await call("/api/v1/admin/tsdb/clean_tombstones", {
      method: "POST",
      token: admin,
    });
    expect(purge.status).toBe(204);
    await write({ __name__: "doomed", n: "1" }, 9);
    expect(await count()).toEqual([
      ["1", "1"],
      ["2", "1"],
    ]);
  });
});
