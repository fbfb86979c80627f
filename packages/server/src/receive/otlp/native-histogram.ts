import { CUSTOM_BUCKETS_SCHEMA } from "../../model/index.ts";
import type { HistogramBuckets, HistogramSample } from "../../model/index.ts";
import type { ClassicHistogram } from "./deltas.ts";
import type { ExponentialDataPoint } from "./metrics-schema.ts";

/** The finest resolution that native histograms have. */
const MAX_SCHEMA = 8;
const MIN_SCHEMA = -4;
/** What lies within it counts as zero where the sender does not say; as in Prometheus. */
const ZERO_THRESHOLD = 1e-128;

/**
 * An exponential histogram's point as a native histogram. OTLP's bucket 0 begins at 1 and the native
 * one ends there, so numbers differ by one; what is finer than native histograms can be is merged.
 * Answers what is wrong where it cannot be one.
 */
export function nativeHistogram(point: ExponentialDataPoint): HistogramSample | string {
  const { scale, count, sum = 0, zeroCount, zeroThreshold } = point;
  if (scale < MIN_SCHEMA) return `its scale ${scale} is coarser than ${MIN_SCHEMA}`;
  const down = Math.max(0, scale - MAX_SCHEMA);
  // Beyond this everything is in one bucket anyway, and shifts count modulo 32.
  const shift = Math.min(down, 31);
  return {
    schema: Math.min(scale, MAX_SCHEMA),
    count,
    sum,
    zeroThreshold: zeroThreshold > 0 ? zeroThreshold : ZERO_THRESHOLD,
    zeroCount,
    positive: sparse(point.positive, shift),
    negative: sparse(point.negative, shift),
    customValues: new Float64Array(0),
    counterResetHint: "unknown",
    integer: true,
  };
}

function sparse(
  { offset, bucketCounts }: ExponentialDataPoint["positive"],
  shift: number,
): HistogramBuckets {
  const merged: [index: number, count: number][] = [];
  bucketCounts.forEach((count, i) => {
    if (count > 0) merged.push([((offset + i) >> shift) + 1, count]);
  });
  return collect(merged);
}

/** A histogram with explicit bounds as a native one with custom buckets. */
export function customBuckets({
  bounds,
  counts,
  count,
  sum = 0,
}: ClassicHistogram): HistogramSample {
  const none = { indexes: new Int32Array(0), counts: new Float64Array(0) };
  // Without buckets, all that is known is that everything lies below +Inf.
  const sent = counts.length === 0 ? [count] : counts;
  const filled = sent.map((each, i) => [i, each] as const).filter(([, each]) => each > 0);
  const finite = counts.length === 0 ? [] : bounds.filter((bound) => bound !== Infinity);
  return {
    schema: CUSTOM_BUCKETS_SCHEMA,
    count,
    sum,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: collect(filled),
    negative: none,
    customValues: Float64Array.from(finite),
    counterResetHint: "unknown",
    integer: true,
  };
}

/** Buckets of ascending numbers, of which equal ones are added up. */
function collect(entries: readonly (readonly [index: number, count: number])[]): HistogramBuckets {
  const indexes: number[] = [];
  const counts: number[] = [];
  for (const [index, count] of entries) {
    if (indexes.at(-1) === index) counts[counts.length - 1] = (counts.at(-1) ?? 0) + count;
    else {
      indexes.push(index);
      counts.push(count);
    }
  }
  return { indexes: Int32Array.from(indexes), counts: Float64Array.from(counts) };
}

/**
 * Two native histograms with exponential buckets as one, at the coarser resolution of the two.
 * Undefined when their zero buckets differ in width, so that there is no exact sum.
 */
export function addHistograms(a: HistogramSample, b: HistogramSample): HistogramSample | undefined {
  if (a.zeroThreshold !== b.zeroThreshold) return undefined;
  const schema = Math.min(a.schema, b.schema);
  const [low, high] = [a, b].map(({ schema: own, positive, negative }) => ({
    positive: entries(positive, own - schema),
    negative: entries(negative, own - schema),
  }));
  const both = (side: "positive" | "negative") =>
    collect([...(low?.[side] ?? []), ...(high?.[side] ?? [])].sort(([x], [y]) => x - y));
  return {
    ...b,
    schema,
    count: a.count + b.count,
    sum: a.sum + b.sum,
    zeroCount: a.zeroCount + b.zeroCount,
    positive: both("positive"),
    negative: both("negative"),
  };
}

function entries(
  { indexes, counts }: HistogramBuckets,
  shift: number,
): (readonly [number, number])[] {
  // Native bucket i ends at base^i: it is within bucket ⌈i / 2^shift⌉ of the coarser one.
  return Array.from(indexes, (index, i) => [((index - 1) >> shift) + 1, counts[i] ?? 0] as const);
}
