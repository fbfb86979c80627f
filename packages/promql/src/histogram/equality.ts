import { sameBounds, usesCustomBuckets } from "./buckets.ts";
import type { Buckets, NativeHistogram } from "./histogram.ts";

/** Whether two histograms hold the same observations in the same layout; hints do not matter. */
export function histogramsEqual(a: NativeHistogram, b: NativeHistogram): boolean {
  if (a.schema !== b.schema || !same(a.count, b.count) || !same(a.sum, b.sum)) return false;
  if (usesCustomBuckets(a)) {
    if (!sameBounds(a.customValues, b.customValues)) return false;
  } else if (a.zeroThreshold !== b.zeroThreshold || !same(a.zeroCount, b.zeroCount)) return false;
  return sameBuckets(a.positive, b.positive) && sameBuckets(a.negative, b.negative);
}

function same(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

function sameBuckets(a: Buckets, b: Buckets): boolean {
  const left = populated(a);
  const right = populated(b);
  return (
    left.length === right.length &&
    left.every(([index, count], i) => index === right[i]?.[0] && same(count, right[i]?.[1] ?? 0))
  );
}

function populated({ indexes, counts }: Buckets): [index: number, count: number][] {
  const found: [number, number][] = [];
  indexes.forEach((index, i) => {
    const count = counts[i] ?? 0;
    if (count !== 0) found.push([index, count]);
  });
  return found;
}
