import { describe, expect, it } from "vitest";
import { isStale, SamplesRefused, setStale } from "../../model/index.ts";
import type { HistogramSample, SampleBatch } from "../../model/index.ts";
import { Admission } from "./admission.ts";
import { SeriesRegistry } from "./series-registry.ts";

const HOUR = 3_600_000;
const now = 1_700_000_000_000;
const limits = { maxSeries: 3, outOfOrderMs: HOUR };

/** One sample of each of these series. */
function batchOf(...samples: readonly [name: string, time: number][]): SampleBatch {
  return {
    series: samples.map(([name]) => ({ __name__: name })),
    seriesOf: Uint32Array.from(samples, (_, i) => i),
    times: Float64Array.from(samples, ([, time]) => time),
    values: Float64Array.from(samples, (_, i) => i),
  };
}

function admission(newest = 0): Admission {
  return new Admission(limits, new SeriesRegistry(limits.maxSeries), newest);
}

describe("the limit of series", () => {
  it("refuses new series alone, and names one", () => {
    const admit = admission();
    expect(admit.admit(batchOf(["a", now], ["b", now], ["c", now]), now).refused).toBeUndefined();
    const { batch, refused } = admit.admit(batchOf(["b", now], ["d", now], ["a", now]), now);
    expect(batch.seriesOf).toEqual(Uint32Array.of(0, 2));
    expect(batch.values).toEqual(Float64Array.of(0, 2));
    expect(refused).toBeInstanceOf(SamplesRefused);
    expect(refused?.reasons).toEqual(new Map([["series_limit", 1]]));
    expect(refused?.message).toMatch(/of d for one.*3 are active.*api\/cardinality/);
  });

  it("counts those that were written lately", () => {
    const admit = admission();
    admit.admit(batchOf(["a", now], ["b", now], ["c", now]), now);
    const later = now + 1.1 * HOUR;
    expect(admit.admit(batchOf(["a", later], ["d", later]), later).refused?.samples).toBe(1);
    const muchLater = now + 2.2 * HOUR;
    expect(admit.admit(batchOf(["a", muchLater], ["d", muchLater]), muchLater).refused).toBe(
      undefined,
    );
  });
});

describe("the out-of-order window", () => {
  it("refuses what is too old beside the newest sample", () => {
    const admit = admission();
    expect(admit.admit(batchOf(["a", now - 9 * HOUR]), now).refused).toBeUndefined();
    admit.admit(batchOf(["a", now]), now);
    const times = batchOf(["a", now - HOUR], ["b", now - HOUR - 1], ["c", now]);
    const { batch, refused } = admit.admit(times, now);
    expect([...batch.times]).toEqual([now - HOUR, now]);
    expect(refused?.reasons).toEqual(new Map([["too_old", 1]]));
    expect(refused?.message).toMatch(/of b for one.*1h older.*out_of_order_window/);
  });

  it("is not moved by a clock that is far ahead, and goes on after a restart", () => {
    const admit = admission();
    admit.admit(batchOf(["a", now + 99 * HOUR]), now);
    expect(admit.admit(batchOf(["a", now]), now).refused).toBeUndefined();
    expect(admission(now).admit(batchOf(["a", now - 2 * HOUR]), now).refused?.samples).toBe(1);
  });
});

it("keeps histograms, exemplars and markers with the samples that are left", () => {
  const histogram = { schema: 0 } as HistogramSample;
  const values = new Float64Array(3);
  setStale(values, 2);
  const admit = admission(now);
  const { batch } = admit.admit(
    {
      ...batchOf(["a", 0], ["b", now], ["c", now]),
      values,
      histograms: [0, 1].map((sample) => ({ sample, histogram })),
      exemplars: [{ series: 1, time: now, value: 1, labels: {} }],
    },
    now,
  );
  expect(batch.histograms).toEqual([{ sample: 0, histogram }]);
  expect(isStale(batch.values, 1)).toBe(true);
  expect(batch.exemplars).toHaveLength(1);
});
