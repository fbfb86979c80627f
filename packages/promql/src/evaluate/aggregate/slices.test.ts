import { expect, test } from "vitest";
import { createEngine } from "../../engine.ts";
import { PromqlError } from "../../errors.ts";
import { Labels } from "../../labels.ts";
import type { SelectRequest, Source } from "../../source.ts";
import { MemorySource } from "../../testing/index.ts";

const STEP_MS = 15_000;
const SAMPLES = 2000;
const SERIES = 9;
const END_MS = SAMPLES * STEP_MS;

/** Counters that reset, gauges, gaps and staleness markers. */
function filled(): MemorySource {
  const source = new MemorySource();
  for (const name of ["x_total", "level"]) {
    for (let i = 0; i < SERIES; i += 1) {
      const labels = Labels.from({ __name__: name, job: `j${i % 3}`, n: String(i) });
      for (let at = 0; at < SAMPLES; at += 1) {
        const place = at * (i + 1);
        if (place % 97 < 20 + i) continue;
        const value = name === "level" ? Math.sin(place) * 1e3 : place % 1009;
        source.add(labels, at * STEP_MS + i, place % 89 === 0 ? "stale" : value);
      }
    }
  }
  return source;
}

/** The same samples from a source that claims to have very many. */
class Vast implements Source {
  readonly selects: SelectRequest[] = [];
  readonly #source: MemorySource;

  constructor(source: MemorySource) {
    this.#source = source;
  }

  async estimate({ startMs, endMs }: SelectRequest): Promise<number> {
    return (endMs - startMs) * 10;
  }

  select(request: SelectRequest) {
    this.selects.push(request);
    return this.#source.select(request);
  }
}

const memory = filled();
const engine = createEngine();
const range = [600_000, END_MS, 60_000] as const;

test.each([
  "sum by (job) (rate(x_total[5m]))",
  "sum without (n) (increase(x_total[1m] offset 2m))",
  "avg by (job) (level)",
  "max(max_over_time(level[3m]))",
  "min by (n) (delta(level[2m]))",
  "count by (job) (x_total)",
  "group(changes(level[5m]))",
  "stddev by (job) (rate(x_total[2m]))",
  'sum(rate({__name__=~"x_total"}[5m])) / sum(x_total)',
  "sum by (job) (rate(x_total[5m] @ 900))",
  "histogram_quantile(0.9, sum by (job, n) (rate(x_total[5m])))",
])("%s is the same in slices", async (query) => {
  const vast = new Vast(memory);
  const sliced = await engine.range(query, ...range, vast);
  const atOnce = await engine.range(query, ...range, memory);
  expect(sliced.value).toEqual(atOnce.value);
  expect(sliced.warnings).toEqual(atOnce.warnings);
  expect(sliced.infos).toEqual(atOnce.infos);
  expect(sliced.stats.series).toBe(atOnce.stats.series);
  const pinned = query.includes("@");
  expect(vast.selects.length > 3).toBe(!pinned);
});

test("slices are small, overlap by a window and count their samples against one limit", async () => {
  const vast = new Vast(memory);
  await engine.range("sum(rate(x_total[5m]))", ...range, vast);
  const spans = vast.selects.map(({ startMs, endMs }) => endMs - startMs);
  expect(Math.max(...spans)).toBeLessThan(END_MS / 4);
  const few = createEngine({ limits: { maxSamples: 5000 } });
  const refused = few.range("sum(rate(x_total[5m]))", ...range, new Vast(memory));
  await expect(refused).rejects.toThrow(PromqlError);
});

test("a fault in one slice is the query's", async () => {
  const failing: Source = {
    estimate: async () => 1e9,
    select: () => {
      throw new Error("the disk is gone");
    },
  };
  await expect(engine.range("sum(level)", ...range, failing)).rejects.toThrow("the disk is gone");
});
