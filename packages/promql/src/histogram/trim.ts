import { bucketsFrom, lowerBound, upperBound, usesCustomBuckets } from "./buckets.ts";
import type { Buckets, NativeHistogram } from "./histogram.ts";

/** Keeps the observations at or below a limit: `histogram </ limit`. */
export function trimAbove(histogram: NativeHistogram, limit: number): NativeHistogram {
  return trim(histogram, { lower: Number.NEGATIVE_INFINITY, upper: limit });
}

/** Keeps the observations at or above a limit: `histogram >/ limit`. */
export function trimBelow(histogram: NativeHistogram, limit: number): NativeHistogram {
  return trim(histogram, { lower: limit, upper: Number.POSITIVE_INFINITY });
}

interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

interface Part {
  /** The observations that are kept, and what they are estimated to add up to. */
  readonly count: number;
  readonly sum: number;
}

const NOTHING: Part = { count: 0, sum: 0 };

/**
 * Cuts a histogram. Buckets on the limit are interpolated as quantiles are; where anything was cut
 * off, count and sum are estimated anew from what is left, else they stay as they were.
 */
function trim(histogram: NativeHistogram, kept: Bounds): NativeHistogram {
  let { sum, count } = NOTHING;
  let whole = true;
  const add = (part: Part, before: number): number => {
    sum += part.sum;
    count += part.count;
    if (part.count !== before) whole = false;
    return part.count;
  };
  const cut = (buckets: Buckets, bounds: (index: number) => Bounds): Buckets => {
    const counts = new Map<number, number>();
    buckets.indexes.forEach((index, i) => {
      const before = buckets.counts[i] ?? 0;
      counts.set(index, add(keptPart(histogram, bounds(index), before, kept), before));
    });
    return bucketsFrom(counts);
  };
  const positive = cut(histogram.positive, (index) => ({
    lower: lowerBound(histogram, index),
    upper: upperBound(histogram, index),
  }));
  const negative = cut(histogram.negative, (index) => ({
    lower: -upperBound(histogram, index),
    upper: -lowerBound(histogram, index),
  }));
  const zeroCount = add(zeroPart(histogram, kept), histogram.zeroCount);
  return whole ? histogram : { ...histogram, count, sum, zeroCount, positive, negative };
}

function keptPart(histogram: NativeHistogram, bounds: Bounds, count: number, kept: Bounds): Part {
  if (usesCustomBuckets(histogram)) return customPart(bounds, count, kept);
  const { lower, upper } = clipped(bounds, kept);
  if (lower >= upper) return NOTHING;
  const sign = bounds.upper <= 0 ? -1 : 1;
  const width = Math.log2(Math.abs(bounds.upper)) - Math.log2(Math.abs(bounds.lower));
  const share = (Math.log2(Math.abs(upper)) - Math.log2(Math.abs(lower))) / width;
  const whole = lower === bounds.lower && upper === bounds.upper;
  const left = whole ? count : count * share;
  return { count: left, sum: left * sign * Math.sqrt(lower * upper) };
}

function customPart({ lower, upper }: Bounds, count: number, kept: Bounds): Part {
  if (upper === Number.POSITIVE_INFINITY) {
    if (kept.upper !== Number.POSITIVE_INFINITY) return NOTHING;
    if (lower === Number.NEGATIVE_INFINITY) {
      return kept.lower === Number.NEGATIVE_INFINITY ? { count, sum: 0 } : NOTHING;
    }
    // No telling where in an open bucket observations are: all of them pass, at the limit.
    if (kept.lower === Number.POSITIVE_INFINITY) return NOTHING;
    return { count, sum: count * Math.max(lower, kept.lower) };
  }
  if (lower === Number.NEGATIVE_INFINITY && upper <= 0) {
    if (kept.lower !== Number.NEGATIVE_INFINITY || kept.upper === Number.NEGATIVE_INFINITY) {
      return NOTHING;
    }
    return { count, sum: count * Math.min(upper, kept.upper) };
  }
  return linearPart({ lower: lower === Number.NEGATIVE_INFINITY ? 0 : lower, upper }, count, kept);
}

/** The zero bucket reaches to the sides on which the histogram has buckets, or to both. */
function zeroPart(histogram: NativeHistogram, kept: Bounds): Part {
  const { zeroCount, zeroThreshold, positive, negative } = histogram;
  if (zeroCount === 0) return NOTHING;
  const positives = positive.counts.length > 0;
  const negatives = negative.counts.length > 0;
  const bounds: Bounds = {
    lower: positives && !negatives ? 0 : -zeroThreshold,
    upper: negatives && !positives ? 0 : zeroThreshold,
  };
  return linearPart(bounds, zeroCount, kept);
}

function linearPart(bounds: Bounds, count: number, kept: Bounds): Part {
  const { lower, upper } = clipped(bounds, kept);
  if (lower >= upper) return NOTHING;
  const whole = lower === bounds.lower && upper === bounds.upper;
  const left = whole ? count : (count * (upper - lower)) / (bounds.upper - bounds.lower);
  return { count: left, sum: (left * (lower + upper)) / 2 };
}

function clipped(bounds: Bounds, kept: Bounds): Bounds {
  return {
    lower: Math.max(bounds.lower, kept.lower),
    upper: Math.min(bounds.upper, kept.upper),
  };
}
