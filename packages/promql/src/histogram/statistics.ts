import { KahanSum } from "../kahan.ts";
import { allBuckets, usesCustomBuckets } from "./buckets.ts";
import type { NativeHistogram } from "./histogram.ts";

/**
 * The estimated variance of the observations: each bucket's stand where the bucket's mean is
 * assumed, the geometric one in exponential buckets, the arithmetic one in custom ones, zero in
 * the zero bucket.
 */
export function histogramVariance(histogram: NativeHistogram): number {
  const mean = histogram.sum / histogram.count;
  const custom = usesCustomBuckets(histogram);
  const total = new KahanSum();
  for (const { lower, upper, count } of allBuckets(histogram)) {
    if (count === 0) continue;
    let value: number;
    if (custom) {
      value = (lower + upper) / 2;
      if (lower === Number.NEGATIVE_INFINITY) value = upper > 0 ? upper / 2 : upper;
      if (upper === Number.POSITIVE_INFINITY) value = lower;
    } else if (lower <= 0 && upper >= 0) value = 0;
    else {
      value = Math.sqrt(upper * lower);
      if (upper < 0) value = -value;
    }
    const distance = value - mean;
    total.add(count * distance * distance);
  }
  return total.total / histogram.count;
}
