import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { histogramFault } from "../../model/index.ts";
import type { HistogramSample } from "../../model/index.ts";
import { schemaOfFactor, withinBucketLimits } from "./bucket-limit.ts";

function histogram(schema: number, positive: readonly [number, number][]): HistogramSample {
  return {
    schema,
    count: positive.reduce((sum, [, count]) => sum + count, 0),
    sum: 1,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: {
      indexes: Int32Array.from(positive, ([index]) => index),
      counts: Float64Array.from(positive, ([, count]) => count),
    },
    negative: { indexes: new Int32Array(), counts: new Float64Array() },
    customValues: new Float64Array(),
    counterResetHint: "unknown",
    integer: true,
  };
}

describe("the limit of buckets", () => {
  it("makes a histogram as much coarser as it takes", () => {
    const fine = histogram(1, [
      [-1, 1],
      [0, 2],
      [1, 4],
      [2, 8],
      [3, 16],
    ]);
    expect(withinBucketLimits(fine, 8, 5)).toBe(fine);
    // Bucket i of the coarser one ends where bucket 2i of the finer one does.
    expect(withinBucketLimits(fine, 8, 4).positive).toEqual({
      indexes: Int32Array.of(0, 1, 2),
      counts: Float64Array.of(3, 12, 16),
    });
    expect(withinBucketLimits(fine, 8, 2)).toMatchObject({
      schema: -1,
      positive: { indexes: Int32Array.of(0, 1), counts: Float64Array.of(3, 28) },
    });
    expect(withinBucketLimits(fine, 0, 0).schema).toBe(0);
  });

  it("fails where nothing helps", () => {
    expect(() =>
      withinBucketLimits(
        histogram(-4, [
          [0, 1],
          [1, 1],
        ]),
        8,
        1,
      ),
    ).toThrow("native_histogram_bucket_limit exceeded: 2 buckets, the limit is 1");
    const custom = {
      ...histogram(-53, [
        [0, 1],
        [1, 1],
      ]),
      customValues: Float64Array.of(1, 2),
    };
    expect(() => withinBucketLimits(custom, 8, 1)).toThrow("limit");
    expect(withinBucketLimits(custom, -4, 0)).toBe(custom);
  });

  it.each([
    [0, 8],
    [1.0001, 8],
    [1.1, 2],
    [1.5, 0],
    [2, 0],
    [4, -1],
    [1e9, -4],
  ])("takes a factor of %d for schema %d", (factor, schema) => {
    expect(schemaOfFactor(factor)).toBe(schema);
  });

  it("loses no observation", () => {
    const buckets = fc.uniqueArray(fc.integer({ min: -500, max: 500 }), { maxLength: 60 });
    fc.assert(
      fc.property(buckets, fc.integer({ min: -4, max: 8 }), (indexes, schema) => {
        const pairs = indexes.toSorted((a, b) => a - b).map((i): [number, number] => [i, 2]);
        const before = histogram(schema, pairs);
        const after = withinBucketLimits(before, -4, 0);
        expect(histogramFault(after)).toBeUndefined();
        expect(after.positive.counts.reduce((sum, count) => sum + count, 0)).toBe(before.count);
      }),
      { numRuns: 300 },
    );
  });
});
