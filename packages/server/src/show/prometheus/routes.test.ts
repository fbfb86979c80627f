import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pino from "pino";
import { beforeAll, describe, expect, it } from "vitest";
import { testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import { systemClock } from "../../model/index.ts";
import type { RuleGroupView, TargetsView } from "../../model/index.ts";
import { createMetricsQuery } from "../../query/index.ts";
import { openTelemetry } from "../../store/index.ts";
import { prometheusRoutes } from "./routes.ts";

const STEP = 15_000;
const SAMPLES = 40;
/** A whole second, so that times can be written down. */
const end = Math.floor(Date.now() / 1000) * 1000;
const start = end - (SAMPLES - 1) * STEP;
let server: TestServer;
let token: string;

const base = {
  labels: {},
  health: "ok",
  lastError: "",
  lastEvaluation: 0,
  evaluationDuration: 2,
} as const;
const groups: RuleGroupView[] = ["a", "b"].map((name) => ({
  name,
  file: `/etc/${name}.yml`,
  language: "promql",
  interval: 1500,
  limit: 0,
  lastEvaluation: undefined,
  evaluationDuration: undefined,
  rules: [
    { ...base, type: "recording", name: "r:sum", query: "sum(up)" },
    {
      ...base,
      type: "alerting",
      name: "Down",
      query: "up == 0",
      labels: { severity: name },
      annotations: { summary: "s" },
      holdFor: 2000,
      keepFiringFor: 0,
      state: "firing",
      alerts: [
        {
          labels: { alertname: "Down", severity: name },
          annotations: {},
          state: "firing",
          activeAt: 1_700_000_000_123,
          keepFiringSince: undefined,
          value: 0.05,
        },
      ],
    },
  ],
}));
const targets: TargetsView = {
  active: [
    {
      job: "shop",
      url: "http://h:1/metrics",
      labels: { job: "shop", instance: "h:1" },
      discoveredLabels: { __address__: "h:1" },
      health: "down",
      lastError: "connection refused",
      lastScrape: 1_700_000_000_000,
      lastScrapeDuration: 12,
      interval: 1000,
      timeout: 500,
    },
  ],
  dropped: [{ job: "other", discoveredLabels: { __address__: "x" } }],
  droppedCounts: { shop: 0, other: 1 },
};

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-prometheus-"));
  const telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
  const size = SAMPLES * 3;
  await telemetry.samples.write({
    series: ["200", "404", "500"].map((status) => ({
      __name__: "requests_total",
      status,
      path: '/a"b\\c\n',
    })),
    seriesOf: Uint32Array.from({ length: size }, (_, i) => i % 3),
    times: Float64Array.from({ length: size }, (_, i) => start + Math.floor(i / 3) * STEP),
    values: Float64Array.from(
      { length: size },
      (_, i) => Math.floor(i / 3) * ([30, 3, 1e-8][i % 3] ?? 0),
    ),
  });
  telemetry.samples.describe([
    { metric: "requests_total", type: "counter", help: "Requests.", unit: "" },
  ]);
  await telemetry.samples.write({
    series: [{ __name__: "odd" }],
    seriesOf: new Uint32Array(1),
    times: new Float64Array([end]),
    values: new Float64Array([Number.NEGATIVE_INFINITY]),
  });
  const metrics = createMetricsQuery({ telemetry, limits: { maxSamples: 100_000 } });
  server = await testServer({
    routes: [
      prometheusRoutes({
        metrics,
        clock: systemClock,
        groups: () => groups,
        targets: () => targets,
        status: () => ({
          version: "1.2.3",
          startedAt: 0,
          configLoadedAt: 1000,
          reloadSucceeded: true,
          config: "global: {}\n",
          retentionDays: 30,
          queryTimeoutMs: 120_000,
          queryMaxSamples: 100_000,
          features: ["promql-duration-expr"],
        }),
        externalLabels: () => ({ cluster: "test" }),
      }),
    ],
  });
  token = await server.token("read");
  return async () => {
    await server.close();
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  };
});

async function get(path: string, query: Record<string, string> | string[][] = {}) {
  const url = `${server.url}/api/v1/${path}?${new URLSearchParams(query).toString()}`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, body: await response.text() };
}

async function data(path: string, query: Record<string, string> | string[][] = {}) {
  const { status, body } = await get(path, query);
  expect([status, body]).toEqual([200, expect.anything()]);
  return (JSON.parse(body) as { data: unknown }).data;
}

const at = String(end / 1000);

describe("/query", () => {
  it("answers a vector", async () => {
    const { body } = await get("query", { query: 'requests_total{status="500"}', time: at });
    expect(body).toBe(
      `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"requests_total","path":"/a\\"b\\\\c\\n","status":"500"},"value":[${at},"3.9e-07"]}]}}`,
    );
  });

  it.each([
    ["1 / 3", "scalar", [end / 1000, "0.3333333333333333"]],
    ["1e21", "scalar", [end / 1000, "1e+21"]],
    ["odd", "vector", [{ metric: { __name__: "odd" }, value: [end / 1000, "-Inf"] }]],
    ["absent_metric", "vector", []],
    ['"text"', "string", [end / 1000, "text"]],
    [
      "sum(rate(requests_total[1m]))",
      "vector",
      [{ metric: {}, value: [end / 1000, expect.stringMatching(/^2\.2000/)] }],
    ],
  ])("answers %s", async (query, resultType, result) => {
    expect(await data("query", { query, time: at })).toEqual({ resultType, result });
  });

  it("answers a range selector as it is stored", async () => {
    const answer = await data("query", { query: 'requests_total{status="404"}[30s]', time: at });
    expect(answer).toEqual({
      resultType: "matrix",
      result: [
        {
          metric: { __name__: "requests_total", path: '/a"b\\c\n', status: "404" },
          values: [
            [end / 1000 - 15, String(3 * (SAMPLES - 2))],
            [end / 1000, String(3 * (SAMPLES - 1))],
          ],
        },
      ],
    });
  });

  it("takes forms, RFC 3339, the time of now, limits and stats", async () => {
    const response = await fetch(`${server.url}/api/v1/query`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: new URLSearchParams({
        query: "requests_total",
        time: new Date(end).toISOString(),
        limit: "2",
        stats: "all",
        timeout: "5s",
      }),
    });
    expect(await response.json()).toMatchObject({
      status: "success",
      data: {
        result: [{}, {}],
        stats: { samples: { totalQueryableSamples: expect.any(Number) as unknown } },
      },
      warnings: ["results truncated due to limit"],
    });
    expect(await data("query", { query: "time()" })).toMatchObject({ resultType: "scalar" });
  });

  it.each<[Record<string, string>, number, string, RegExp]>([
    [{ query: "sum(" }, 400, "bad_data", /^invalid parameter "query": 1:\d+: parse error: /],
    [{ query: "" }, 400, "bad_data", /^invalid parameter "query": /],
    [
      { query: "1", time: "yesterday" },
      400,
      "bad_data",
      /^invalid parameter "time": cannot parse "yesterday" to a valid timestamp$/,
    ],
    [
      { query: "1", timeout: "soon" },
      400,
      "bad_data",
      /^invalid parameter "timeout": cannot parse "soon" to a valid duration$/,
    ],
    [{ query: "1", limit: "x" }, 400, "bad_data", /^invalid parameter "limit"/],
    [{ query: "odd + on() group_left() requests_total", time: at }, 422, "execution", /./],
    [
      { query: "sum_over_time(requests_total[12h:1s])", time: at },
      422,
      "execution",
      /too many samples/,
    ],
    [{ query: "requests_total", timeout: "0" }, 503, "timeout", /timed out/],
  ])("refuses %j with %d %s", async (query, status, errorType, error) => {
    const answer = await get("query", query);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toEqual({
      status: "error",
      errorType,
      error: expect.stringMatching(error) as unknown,
    });
  });

  it("refuses who may not read", async () => {
    const response = await fetch(`${server.url}/api/v1/query?query=1`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ status: "error", errorType: "unauthorized" });
  });
});

describe("/query_range", () => {
  const range = { start: String(start / 1000), end: at };

  it("answers a matrix", async () => {
    const query = 'requests_total{status="200"} > 1000';
    expect(await data("query_range", { query, ...range, step: "1m" })).toEqual({
      resultType: "matrix",
      result: [
        {
          metric: { __name__: "requests_total", path: '/a"b\\c\n', status: "200" },
          values: [[start / 1000 + 540, "1080"]],
        },
      ],
    });
  });

  it("answers long ranges in pieces", async () => {
    const answer = (await data("query_range", {
      query: "vector(1.5) or requests_total",
      start: String(end / 1000 - 4000),
      end: at,
      step: "0.5",
    })) as { result: { values: unknown[] }[] };
    expect(answer.result[0]?.values).toHaveLength(8001);
    expect(answer.result[0]?.values[1]).toEqual([end / 1000 - 3999.5, "1.5"]);
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ ...range, step: "0" }, /^invalid parameter "step": zero or negative query resolution/],
    [{ ...range, step: "" }, /^invalid parameter "step": cannot parse "" to a valid duration$/],
    [{ ...range, start: "", step: "1" }, /^invalid parameter "start": cannot parse ""/],
    [
      { start: at, end: range.start, step: "1" },
      /^invalid parameter "end": end timestamp must not/,
    ],
    [{ start: "0", end: at, step: "1" }, /^exceeded maximum resolution of 11,000 points/],
  ])("refuses %j", async (query, error) => {
    const answer = await get("query_range", { query: "odd", ...query });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({
      errorType: "bad_data",
      error: expect.stringMatching(error) as unknown,
    });
  });
});

describe("what there is", () => {
  it("lists series", async () => {
    const selectors = [
      ["match[]", 'requests_total{status=~"4.*"}'],
      ["match[]", "odd"],
    ];
    expect(await data("series", selectors)).toEqual([
      { __name__: "odd" },
      { __name__: "requests_total", path: '/a"b\\c\n', status: "404" },
    ]);
    expect(
      JSON.parse((await get("series", { "match[]": "requests_total", limit: "1" })).body),
    ).toMatchObject({
      data: [{ status: "200" }],
      warnings: ["results truncated due to limit"],
    });
    expect(await data("series", { "match[]": "odd", end: "1000" })).toEqual([]);
  });

  it.each<[string[][], RegExp]>([
    [[], /^no match\[\] parameter provided$/],
    [[["match[]", "{}"]], /^invalid parameter "match\[\]": .*at least one non-empty matcher/],
    [[["match[]", "sum(up)"]], /^invalid parameter "match\[\]": /],
    [[["match[]", "up[5m]"]], /^invalid parameter "match\[\]": /],
    [
      [
        ["match[]", "up"],
        ["start", "2"],
        ["end", "1"],
      ],
      /^invalid parameter "end"/,
    ],
  ])("refuses %j", async (query, error) => {
    const answer = await get("series", query);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({
      errorType: "bad_data",
      error: expect.stringMatching(error) as unknown,
    });
  });

  it("lists labels and their values", async () => {
    expect(await data("labels")).toEqual(["__name__", "path", "status"]);
    expect(await data("labels", { "match[]": "odd" })).toEqual(["__name__"]);
    expect(await data("label/status/values")).toEqual(["200", "404", "500"]);
    expect(await data("label/__name__/values", { "match[]": '{status="500"}' })).toEqual([
      "requests_total",
    ]);
    expect(await data("label/U___5f__5f_name_5f__5f_/values")).toEqual(["odd", "requests_total"]);
    expect(await data("label/none/values")).toEqual([]);
  });

  it("tells what metrics are", async () => {
    const wanted = { requests_total: [{ type: "counter", help: "Requests.", unit: "" }] };
    await expect.poll(() => data("metadata")).toEqual(wanted);
    expect(await data("metadata", { metric: "odd" })).toEqual({});
  });
});

describe("rules, alerts and targets", () => {
  it("lists rules", async () => {
    const all = (await data("rules")) as { groups: unknown[] };
    expect(all.groups).toHaveLength(2);
    expect(all.groups[0]).toEqual({
      name: "a",
      file: "/etc/a.yml",
      interval: 1.5,
      limit: 0,
      evaluationTime: 0,
      lastEvaluation: "0001-01-01T00:00:00Z",
      rules: [
        {
          name: "r:sum",
          query: "sum(up)",
          health: "ok",
          evaluationTime: 0.002,
          lastEvaluation: "1970-01-01T00:00:00.000Z",
          type: "recording",
        },
        {
          state: "firing",
          name: "Down",
          query: "up == 0",
          duration: 2,
          keepFiringFor: 0,
          labels: { severity: "a" },
          annotations: { summary: "s" },
          alerts: [
            {
              labels: { alertname: "Down", severity: "a" },
              annotations: {},
              state: "firing",
              activeAt: "2023-11-14T22:13:20.123Z",
              value: "5e-02",
            },
          ],
          health: "ok",
          evaluationTime: 0.002,
          lastEvaluation: "1970-01-01T00:00:00.000Z",
          type: "alerting",
        },
      ],
    });
  });

  it.each<[Record<string, string>, number[]]>([
    [{ type: "alert" }, [1, 1]],
    [{ type: "record", "rule_group[]": "b" }, [1]],
    [{ "rule_name[]": "Down", "file[]": "/etc/a.yml" }, [1]],
    [{ "match[]": '{severity="b"}' }, [1]],
    [{ "rule_name[]": "None" }, []],
  ])("filters rules by %j", async (query, counts) => {
    const found = (await data("rules", query)) as { groups: { rules: unknown[] }[] };
    expect(found.groups.map(({ rules }) => rules.length)).toEqual(counts);
  });

  it("pages through groups", async () => {
    const first = (await data("rules", { group_limit: "1" })) as {
      groups: { name: string }[];
      groupNextToken: string;
    };
    expect(first.groups.map(({ name }) => name)).toEqual(["a"]);
    const query = { group_limit: "1", group_next_token: first.groupNextToken };
    expect(await data("rules", query)).toMatchObject({ groups: [{ name: "b" }] });
    expect((await get("rules", { group_limit: "1", group_next_token: "x" })).status).toBe(400);
    expect((await get("rules", { group_next_token: "x" })).status).toBe(400);
  });

  it("lists alerts and targets", async () => {
    expect(await data("alerts")).toMatchObject({
      alerts: [{ state: "firing" }, { value: "5e-02" }],
    });
    expect(await data("targets")).toEqual({
      activeTargets: [
        {
          discoveredLabels: { __address__: "h:1" },
          labels: { job: "shop", instance: "h:1" },
          scrapePool: "shop",
          scrapeUrl: "http://h:1/metrics",
          globalUrl: "http://h:1/metrics",
          lastError: "connection refused",
          lastScrape: "2023-11-14T22:13:20.000Z",
          lastScrapeDuration: 0.012,
          health: "down",
          scrapeInterval: "1s",
          scrapeTimeout: "500ms",
        },
      ],
      droppedTargets: [{ discoveredLabels: { __address__: "x" }, scrapePool: "other" }],
      droppedTargetCounts: { shop: 0, other: 1 },
    });
    expect(await data("targets", { state: "dropped", scrapePool: "shop" })).toMatchObject({
      activeTargets: [],
      droppedTargets: [],
    });
    expect(await data("alertmanagers")).toEqual({
      activeAlertmanagers: [],
      droppedAlertmanagers: [],
    });
  });

  it("tells about itself", async () => {
    expect(await data("status/buildinfo")).toMatchObject({ revision: "seaworthy-1.2.3" });
    expect(await data("status/runtimeinfo")).toMatchObject({ storageRetention: "30d" });
    expect(await data("status/flags")).toMatchObject({
      "enable-feature": "promql-duration-expr",
      "query.timeout": "2m",
      "storage.tsdb.retention.time": "30d",
    });
    expect(await data("status/config")).toEqual({ yaml: "global: {}\n" });
    expect(await data("query_exemplars", { query: "odd", start: "0", end: at })).toEqual([]);
  });
});

const run = promisify(execFile);
const promtool = await run("promtool", ["--version"]).then(
  () => true,
  () => false,
);

describe.skipIf(!promtool)("promtool", () => {
  async function ask(kind: string, ...args: string[]): Promise<string> {
    const url = server.url.replace("//", `//any:${token}@`);
    const { stdout } = await run("promtool", [
      "query",
      kind,
      ...args.map((arg) => (arg === server.url ? url : arg)),
    ]);
    return stdout;
  }

  it("asks with Basic auth", async () => {
    expect(await ask("instant", "--time", at, server.url, "sum(requests_total)")).toMatch(
      /^\{\} => 1287\.00000039 @\[/,
    );
    const times = ["--start", String(start / 1000), "--end", at, "--step", "60s"];
    expect(await ask("range", ...times, server.url, "count(requests_total)")).toMatch(
      /^\{\} =>\n3 @\[/,
    );
    expect(await ask("series", "--match", "odd", server.url)).toBe('{__name__="odd"}\n');
    expect(await ask("labels", server.url, "status")).toBe("200\n404\n500\n");
  });
});
