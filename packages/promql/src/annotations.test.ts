import { expect, it } from "vitest";
import { runScript } from "./testing/index.ts";
import { Annotations } from "./annotations.ts";
import { createEngine } from "./engine.ts";
import { Labels } from "./labels.ts";
import { MemorySource } from "./testing/memory-source.ts";

it("tells of all counts that had to be raised in one note", async () => {
  const source = new MemorySource();
  const counts = { "0.1": 10, "1": 4, "2": 250, "5": 100, "+Inf": 300 };
  for (const [le, count] of Object.entries(counts)) {
    source.add(Labels.from({ __name__: "wait_bucket", le }), 0, count);
  }
  const query = "histogram_quantile(0.5, wait_bucket)";
  const { infos } = await createEngine().range(query, 0, 120_000, 60_000, source);
  expect(infos).toEqual([
    'PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) for metric name "wait_bucket", from buckets 1 to 5, with a max diff of 1.5e+02, over 3 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:02:00Z (1:25)',
  ]);
});

it("takes the counts of a classic histogram as they are for fractions", async () => {
  const outcomes = await runScript(`load 1m
  wait_bucket{le="1"} 10
  wait_bucket{le="2"} 5
  wait_bucket{le="+Inf"} 20
eval instant at 0 histogram_fraction(0, 1, wait_bucket)
  {} 0.5
eval instant at 0 histogram_fraction(1, 2, wait_bucket)
  {} -0.25
`);
  expect(outcomes.filter(({ problem }) => problem !== undefined)).toEqual([]);
});

it("keeps notes apart by their place, and bounds them", () => {
  const notes = new Annotations("a + b");
  for (let i = 0; i < 2000; i += 1) notes.info(`note ${i}`, { start: 0, end: 1 });
  notes.infoForced("x", { start: 0, end: 1 }, { lowest: 1, highest: 1, difference: 1 }, 0);
  notes.infoForced("x", { start: 4, end: 5 }, { lowest: 1, highest: 1, difference: 1 }, 0);
  expect(notes.infos).toHaveLength(1002);
});
