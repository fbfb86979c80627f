import { allBuckets, type Bucket, usesCustomBuckets } from "./buckets.ts";
import type { NativeHistogram } from "./histogram.ts";

/** What NaN observations, which are in the count but in no bucket, did to an estimate. */
export type NanEffect = "none" | "result" | "skewed";

/**
 * The estimated q-quantile: linear within custom buckets and the zero bucket, on a logarithmic
 * scale within exponential ones.
 */
export function histogramQuantile(
  quantile: number,
  histogram: NativeHistogram,
): { value: number; nan: NanEffect } {
  const certain = (value: number): { value: number; nan: NanEffect } => ({ value, nan: "none" });
  if (quantile < 0) return certain(Number.NEGATIVE_INFINITY);
  if (quantile > 1) return certain(Number.POSITIVE_INFINITY);
  if (histogram.count === 0 || Number.isNaN(quantile)) return certain(Number.NaN);
  const hasNan = Number.isNaN(histogram.sum);
  // From the nearer end, so that sums stay exact; NaNs count as above everything.
  const forward = hasNan || quantile < 0.5;
  let rank = (forward ? quantile : 1 - quantile) * histogram.count;
  const buckets = allBuckets(histogram);
  if (!forward) buckets.reverse();
  let cumulative = 0;
  let found: Bucket | undefined;
  for (const bucket of buckets) {
    if (bucket.count === 0) continue;
    found = bucket;
    cumulative += bucket.count;
    if (cumulative >= rank) break;
  }
  if (found === undefined) return { value: Number.NaN, nan: hasNan ? "result" : "none" };
  const bounds = interpolationBounds(histogram, found);
  if (bounds === undefined) return certain(edgeValue(found));
  cumulative = Math.min(cumulative, histogram.count);
  if (cumulative < rank) {
    if (hasNan) return { value: Number.NaN, nan: "result" };
    return certain(forward ? bounds.upper : bounds.lower);
  }
  rank = forward ? rank - (cumulative - found.count) : cumulative - rank;
  const value = interpolate(histogram, bounds, rank / found.count);
  return { value, nan: hasNan ? "skewed" : "none" };
}

interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/** Between which values to interpolate; undefined where the bucket is open and its edge counts. */
function interpolationBounds(histogram: NativeHistogram, bucket: Bucket): Bounds | undefined {
  const { lower, upper } = bucket;
  if (usesCustomBuckets(histogram)) {
    if (lower === Number.NEGATIVE_INFINITY) return upper <= 0 ? undefined : { lower: 0, upper };
    return upper === Number.POSITIVE_INFINITY ? undefined : bucket;
  }
  return lower <= 0 && upper >= 0 ? zeroBounds(histogram, bucket) : bucket;
}

/** The zero bucket of a histogram with buckets of one sign only reaches to that side. */
function zeroBounds({ positive, negative }: NativeHistogram, { lower, upper }: Bounds): Bounds {
  const positives = positive.counts.some((count) => count !== 0);
  const negatives = negative.counts.some((count) => count !== 0);
  if (positives && !negatives) return { lower: 0, upper };
  if (negatives && !positives) return { lower, upper: 0 };
  return { lower, upper };
}

function edgeValue({ lower, upper }: Bounds): number {
  return lower === Number.NEGATIVE_INFINITY ? upper : lower;
}

function interpolate(
  histogram: NativeHistogram,
  { lower, upper }: Bounds,
  fraction: number,
): number {
  if (usesCustomBuckets(histogram) || (lower <= 0 && upper >= 0)) {
    return lower + (upper - lower) * fraction;
  }
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  if (lower > 0) return 2 ** (logLower + (logUpper - logLower) * fraction);
  return -(2 ** (logUpper + (logLower - logUpper) * (1 - fraction)));
}

/** The estimated share of observations in (lower, upper]. */
export function histogramFraction(
  lower: number,
  upper: number,
  histogram: NativeHistogram,
): { value: number; nan: NanEffect } {
  const nan = Number.isNaN(histogram.sum) ? "skewed" : "none";
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) {
    return { value: Number.NaN, nan: "none" };
  }
  if (lower >= upper) return { value: 0, nan };
  const below = rankOf(upper, histogram) - rankOf(lower, histogram);
  return { value: below / histogram.count, nan };
}

/** How many observations are estimated to be at or below a value. */
function rankOf(value: number, histogram: NativeHistogram): number {
  let rank = 0;
  for (const bucket of allBuckets(histogram)) {
    const zero = bucket.lower <= 0 && bucket.upper >= 0;
    const custom = usesCustomBuckets(histogram);
    let bounds: Bounds = bucket;
    if (zero && !custom) bounds = zeroBounds(histogram, bucket);
    if (custom && bucket.lower === Number.NEGATIVE_INFINITY && bucket.upper > 0) {
      bounds = { lower: 0, upper: bucket.upper };
    }
    if (bounds.lower >= value) return rank;
    if (bounds.upper > value) {
      return rank + bucket.count * shareBelow(value, bounds, custom || zero);
    }
    rank += bucket.count;
  }
  return rank;
}

function shareBelow(value: number, { lower, upper }: Bounds, linear: boolean): number {
  if (linear) {
    if (lower === Number.NEGATIVE_INFINITY) return 1;
    return upper === Number.POSITIVE_INFINITY ? 0 : (value - lower) / (upper - lower);
  }
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const logValue = Math.log2(Math.abs(value));
  return value > 0
    ? (logValue - logLower) / (logUpper - logLower)
    : 1 - (logValue - logUpper) / (logLower - logUpper);
}
