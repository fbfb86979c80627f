import { describe, expect, test } from "vitest";
import { createEngine } from "./engine.ts";
import { Labels } from "./labels.ts";
import {
  FLOAT,
  type GridRequest,
  type GridSeries,
  type RawSeries,
  type SelectRequest,
  type Source,
} from "./source.ts";
import { setStale } from "./stale.ts";
import { MemorySource, parseMetric } from "./testing/index.ts";

/** A source that notes what it was asked, and answers grids as told. */
class Probe implements Source {
  readonly grids: GridRequest[] = [];
  readonly selects: SelectRequest[] = [];
  readonly #answer: (request: GridRequest) => GridSeries[] | undefined;

  constructor(answer: (request: GridRequest) => GridSeries[] | undefined = () => undefined) {
    this.#answer = answer;
  }

  async grid(request: GridRequest): Promise<GridSeries[] | undefined> {
    this.grids.push(request);
    return this.#answer(request);
  }

  async *select(request: SelectRequest): AsyncGenerator<RawSeries> {
    this.selects.push(request);
    const times = Float64Array.of(0, 15_000, 30_000, 45_000, 60_000);
    yield {
      labels: parseMetric('x_total{job="a"}'),
      times,
      values: Float64Array.of(0, 15, 30, 45, 60),
    };
  }
}

function constant(labels: Labels, { grid }: GridRequest, value: number): GridSeries {
  return {
    labels,
    kinds: new Uint8Array(grid.steps).fill(FLOAT),
    values: new Float64Array(grid.steps).fill(value),
  };
}

const engine = createEngine();

describe("what is handed to the source", () => {
  test("an aggregation over a window is one request", async () => {
    const probe = new Probe((request) => [constant(Labels.from({ status: "200" }), request, 7)]);
    const query = 'sum by (status) (rate(x_total{job="a"}[5m] offset 1m))';
    const result = await engine.range(query, 600_000, 720_000, 60_000, probe);
    expect(probe.grids).toEqual([
      {
        matchers: [
          { name: "__name__", operator: "=", value: "x_total" },
          { name: "job", operator: "=", value: "a" },
        ],
        function: "rate",
        windowMs: 300_000,
        grid: { startMs: 540_000, stepMs: 60_000, steps: 3 },
        aggregate: { operator: "sum", without: false, labels: ["status"] },
      },
    ]);
    expect(probe.selects).toEqual([]);
    expect(result.value).toMatchObject({
      type: "grid",
      grid: { startMs: 600_000, stepMs: 60_000, steps: 3 },
      series: [{ values: Float64Array.of(7, 7, 7) }],
    });
  });

  test("what is declined is asked again in smaller pieces, then computed from samples", async () => {
    const probe = new Probe();
    const result = await engine.instant("sum(rate(x_total[1m]))", 60_000, probe);
    expect(probe.grids.map(({ aggregate }) => aggregate?.operator)).toEqual(["sum", undefined]);
    expect(probe.selects).toMatchObject([{ startMs: 1, endMs: 60_000 }]);
    expect(result.value).toMatchObject({ samples: [{ value: expect.closeTo(1) }] });
  });

  test("a pinned selector is asked for once, whatever the steps", async () => {
    const probe = new Probe((request) => [constant(Labels.empty, request, request.grid.steps)]);
    const result = await engine.range("x @ 30 + 0", 0, 600_000, 60_000, probe);
    expect(probe.grids).toMatchObject([{ grid: { startMs: 30_000, steps: 1 } }]);
    expect(result.value).toMatchObject({ series: [{ values: new Float64Array(11).fill(1) }] });
  });

  test.each([
    ["x", "lookup"],
    ["timestamp(x)", "lookup_time"],
    ["quantile_over_time(0.5, x[5m])", "quantile_over_time"],
    ["predict_linear(x[5m], 3600)", "predict_linear"],
  ])("%s as %s", async (query, name) => {
    const probe = new Probe(() => []);
    await engine.instant(query, 0, probe);
    expect(probe.grids.map((request) => request.function)).toEqual([name]);
  });

  test.each([
    ["a name may be needed to group by", "sum by (__name__) (x)", 1],
    ["a quantile out of range, which calls for a warning", "quantile_over_time(2, x[5m])", 0],
    ["a prediction from another time", "predict_linear(x[5m] offset 1m, 60)", 0],
    ["a subquery", "max_over_time(x[5m:1m])", 1],
    ["a gauge's rate, which calls for a note", "sum(rate(x[5m]))", 1],
  ])("but not %s", async (_, query, requests) => {
    const probe = new Probe(() => []);
    await engine.instant(query, 0, probe);
    expect(probe.grids.filter(({ aggregate }) => aggregate !== undefined)).toEqual([]);
    expect(probe.grids).toHaveLength(requests);
  });

  test("the note on a rate of what is no counter comes with pushed-down answers too", async () => {
    const probe = new Probe((request) => [constant(Labels.from({ __name__: "x" }), request, 1)]);
    const result = await engine.instant("rate(x[5m])", 0, probe);
    expect(result.infos).toEqual([
      'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "x" (1:6)',
    ]);
  });
});

describe("staleness", () => {
  test("a marker ends a series, an ordinary NaN does not", async () => {
    const values = Float64Array.of(1, Number.NaN, 3);
    setStale(values, 2);
    const source: Source = {
      *select() {
        yield { labels: Labels.from({ a: "b" }), times: Float64Array.of(0, 1000, 2000), values };
      },
    };
    const at = async (ms: number, query: string): Promise<unknown> =>
      (await engine.instant(query, ms, source)).value;
    expect(await at(1500, "x")).toMatchObject({ samples: [{ value: Number.NaN }] });
    expect(await at(2500, "x")).toMatchObject({ samples: [] });
    expect(await at(2500, "count_over_time(x[5s])")).toMatchObject({ samples: [{ value: 2 }] });
  });
});

describe("limits", () => {
  const source = new MemorySource();
  for (let i = 0; i < 10; i += 1) {
    for (let t = 0; t < 100; t += 1)
      source.add(Labels.from({ __name__: "x", i: `${i}` }), t * 1000, t);
  }

  test("samples", async () => {
    const small = createEngine({ limits: { maxSamples: 500 } });
    await expect(small.instant("sum_over_time(x[5m])", 99_000, source)).rejects.toMatchObject({
      code: "limit",
    });
    await expect(small.instant("x", 1000, source)).resolves.toBeDefined();
  });

  test("series", async () => {
    const small = createEngine({ limits: { maxSeries: 5 } });
    await expect(small.instant("x", 99_000, source)).rejects.toThrow("more than 5 series");
  });

  test("steps, and times that make no sense", async () => {
    const run = (start: number, end: number, step: number): Promise<unknown> =>
      engine.range("x", start, end, step, source);
    await expect(run(0, 11_000, 1)).rejects.toThrow("exceeded maximum resolution of 11000 points");
    await expect(run(0, 10, 0)).rejects.toThrow("zero or negative query resolution");
    await expect(run(10, 0, 1)).rejects.toThrow("end timestamp must not be before start time");
    await expect(engine.range('"a"', 0, 1, 1, source)).rejects.toThrow(
      'invalid expression type "string" for range query, must be Scalar or instant Vector',
    );
  });

  test("a query whose caller has gone stops", async () => {
    await expect(
      engine.instant("x", 0, source, { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: "canceled" });
    const late = new AbortController();
    const endless: Source = {
      async *select() {
        for (let i = 0; ; i += 1) {
          if (i === 3) late.abort();
          yield {
            labels: Labels.from({ i: `${i}` }),
            times: Float64Array.of(0),
            values: Float64Array.of(1),
          };
        }
      },
    };
    await expect(engine.instant("x", 0, endless, { signal: late.signal })).rejects.toMatchObject({
      code: "canceled",
    });
  });
});

describe("names", () => {
  const source = new MemorySource();
  source.add(parseMetric('a_total{job="x"}'), 0, 1);
  source.add(parseMetric('a_total{job="x"}'), 1000, 2);

  test("are dropped at once, unless removal is delayed", async () => {
    const query = 'label_replace(rate(a_total[5s]), "name", "$1", "__name__", "(.*)")';
    const labels = async (delayedNameRemoval: boolean): Promise<string[]> => {
      const flagged = createEngine({ experimental: { delayedNameRemoval } });
      const { value } = await flagged.instant(query, 1000, source);
      return value.type === "vector" ? value.samples.map((s) => s.labels.toString()) : [];
    };
    expect(await labels(false)).toEqual(['{job="x"}']);
    expect(await labels(true)).toEqual(['{job="x", name="a_total"}']);
  });
});
