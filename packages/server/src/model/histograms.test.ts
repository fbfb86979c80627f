import { describe, expect, it } from "vitest";
import { CUSTOM_BUCKETS_SCHEMA, histogramFault } from "./histograms.ts";
import type { HistogramBuckets, HistogramSample } from "./histograms.ts";

const buckets = (...pairs: readonly [index: number, count: number][]): HistogramBuckets => ({
  indexes: Int32Array.from(pairs, ([index]) => index),
  counts: Float64Array.from(pairs, ([, count]) => count),
});
const exponential: HistogramSample = {
  schema: 3,
  count: 7,
  sum: 12.5,
  zeroThreshold: 0.001,
  zeroCount: 1,
  positive: buckets([-2, 1], [0, 2], [9, 2]),
  negative: buckets([1, 1]),
  customValues: new Float64Array(),
  counterResetHint: "unknown",
  integer: true,
};
const custom: HistogramSample = {
  ...exponential,
  schema: CUSTOM_BUCKETS_SCHEMA,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: buckets([0, 3], [2, 4]),
  negative: buckets(),
  customValues: Float64Array.of(0.5, 1),
};

describe("histogramFault", () => {
  it("finds nothing wrong with sound histograms", () => {
    expect(histogramFault(exponential)).toBeUndefined();
    expect(histogramFault(custom)).toBeUndefined();
  });

  it.each<[string, HistogramSample]>([
    ["schema 9", { ...exponential, schema: 9 }],
    ["count", { ...exponential, count: -1 }],
    ["zero count", { ...exponential, zeroCount: Number.NaN }],
    ["no custom schema", { ...exponential, customValues: Float64Array.of(1) }],
    ["ascend", { ...exponential, positive: buckets([3, 1], [3, 1]) }],
    ["from 0 up", { ...exponential, negative: buckets([3, -1]) }],
    ["length", { ...exponential, positive: { ...buckets([1, 1]), counts: new Float64Array() } }],
    ["10001 positive", { ...exponential, positive: buckets(...many(10_001)) }],
    ["beyond", { ...custom, positive: buckets([3, 1]) }],
    ["beyond", { ...custom, positive: buckets([-1, 1]) }],
    ["bounds do not ascend", { ...custom, customValues: Float64Array.of(1, 1) }],
    ["below +Inf", { ...custom, customValues: Float64Array.of(1, Number.POSITIVE_INFINITY) }],
    ["negative buckets", { ...custom, negative: buckets([1, 1]) }],
    ["zero bucket", { ...custom, zeroCount: 1 }],
  ])("names what is wrong: %s", (word, histogram) => {
    expect(histogramFault(histogram)).toContain(word);
  });
});

function many(count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => [i, 1]);
}
