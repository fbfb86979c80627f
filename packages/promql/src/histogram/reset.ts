import { zeroCountWithin } from "./accumulator.ts";
import {
  exponentialBound,
  rebinned,
  reducedIndex,
  sameBounds,
  sharedBounds,
  usesCustomBuckets,
} from "./buckets.ts";
import type { Buckets, NativeHistogram } from "./histogram.ts";

/**
 * Whether the counter behind two successive histograms was reset in between. Believes the hint
 * where there is one; else any count that fell, or a layout that a running counter cannot have
 * changed to, tells.
 */
export function detectReset(current: NativeHistogram, previous: NativeHistogram): boolean {
  if (current.counterResetHint === "reset") return true;
  if (current.counterResetHint === "not_reset") return false;
  if (current.count < previous.count) return true;
  if (usesCustomBuckets(current) !== usesCustomBuckets(previous)) return true;
  if (usesCustomBuckets(current)) return customReset(current, previous);
  if (current.schema > previous.schema) return true;
  if (current.zeroThreshold < previous.zeroThreshold) return true;
  const zero = zeroCountWithin(previous, current.zeroThreshold);
  if (zero.threshold !== current.zeroThreshold || current.zeroCount < zero.count) return true;
  const reduce = (buckets: Buckets, { schema }: NativeHistogram): Map<number, number> =>
    tally(buckets, (index) =>
      exponentialBound(index, schema) <= current.zeroThreshold
        ? undefined
        : reducedIndex(index, schema, current.schema),
    );
  return (
    fell(reduce(current.positive, current), reduce(previous.positive, previous)) ||
    fell(reduce(current.negative, current), reduce(previous.negative, previous))
  );
}

function customReset(current: NativeHistogram, previous: NativeHistogram): boolean {
  const bounds = sameBounds(current.customValues, previous.customValues)
    ? current.customValues
    : sharedBounds(current.customValues, previous.customValues);
  const rebin = ({ positive, customValues }: NativeHistogram): Map<number, number> =>
    tally(positive, (index) => rebinned(index, customValues, bounds));
  return fell(rebin(current), rebin(previous));
}

function tally(
  buckets: Buckets,
  place: (index: number) => number | undefined,
): Map<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < buckets.indexes.length; i += 1) {
    const index = place(buckets.indexes[i] ?? 0);
    if (index === undefined) continue;
    counts.set(index, (counts.get(index) ?? 0) + (buckets.counts[i] ?? 0));
  }
  return counts;
}

function fell(current: Map<number, number>, previous: Map<number, number>): boolean {
  for (const [index, count] of previous) if ((current.get(index) ?? 0) < count) return true;
  return false;
}

/** Fills in hints that are not known by looking at each histogram and the one before it. */
export function withDerivedHints(
  histograms: readonly (NativeHistogram | undefined)[],
): (NativeHistogram | undefined)[] {
  let before: NativeHistogram | undefined;
  return histograms.map((histogram) => {
    if (histogram === undefined) return undefined;
    const previous = before;
    before = histogram;
    if (previous === undefined || histogram.counterResetHint !== "unknown") return histogram;
    const counterResetHint = detectReset(histogram, previous) ? "reset" : "not_reset";
    return { ...histogram, counterResetHint };
  });
}
