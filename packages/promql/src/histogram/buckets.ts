import { type Buckets, CUSTOM_BUCKETS_SCHEMA, type NativeHistogram } from "./histogram.ts";

export const NO_BUCKETS: Buckets = {
  indexes: new Int32Array(0),
  counts: new Float64Array(0),
};

/** A bucket with its bounds: (lower, upper], except where the quantile code says otherwise. */
export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

export function usesCustomBuckets(histogram: { readonly schema: number }): boolean {
  return histogram.schema === CUSTOM_BUCKETS_SCHEMA;
}

/** The upper bound of exponential bucket `index`. */
export function exponentialBound(index: number, schema: number): number {
  if (schema <= 0) return 2 ** (index * 2 ** -schema);
  const perOctave = 2 ** schema;
  const octave = Math.floor(index / perOctave);
  const fraction = index - octave * perOctave;
  // The last bucket ends at the largest float rather than at infinity.
  if (octave === 1024 && fraction === 0) return Number.MAX_VALUE;
  return 2 ** (fraction / perOctave) * 2 ** octave;
}

/** The upper bound of a positive bucket, custom or exponential. */
export function upperBound(histogram: NativeHistogram, index: number): number {
  if (!usesCustomBuckets(histogram)) return exponentialBound(index, histogram.schema);
  return histogram.customValues[index] ?? Number.POSITIVE_INFINITY;
}

export function lowerBound(histogram: NativeHistogram, index: number): number {
  if (!usesCustomBuckets(histogram)) return exponentialBound(index - 1, histogram.schema);
  return histogram.customValues[index - 1] ?? Number.NEGATIVE_INFINITY;
}

/** The number of the bucket at a lower resolution that holds this one. */
export function reducedIndex(index: number, from: number, to: number): number {
  return ((index - 1) >> (from - to)) + 1;
}

/** Makes buckets out of counts by index, empty ones left out. */
export function bucketsFrom(counts: ReadonlyMap<number, number>): Buckets {
  const indexes = Int32Array.from([...counts].filter(([, c]) => c !== 0).map(([i]) => i)).sort();
  return { indexes, counts: Float64Array.from(indexes, (index) => counts.get(index) ?? 0) };
}

export function mapCounts(buckets: Buckets, change: (count: number) => number): Buckets {
  return { indexes: buckets.indexes, counts: buckets.counts.map((count) => change(count)) };
}

/**
 * All buckets from the lowest to the highest, the zero bucket in its place. A custom histogram has
 * only positive ones.
 */
export function allBuckets(histogram: NativeHistogram): Bucket[] {
  const { positive, negative, zeroCount, zeroThreshold } = histogram;
  const found: Bucket[] = [];
  for (let i = negative.indexes.length - 1; i >= 0; i -= 1) {
    const index = negative.indexes[i] ?? 0;
    found.push({
      lower: -upperBound(histogram, index),
      upper: -lowerBound(histogram, index),
      count: negative.counts[i] ?? 0,
    });
  }
  if (zeroCount > 0) found.push({ lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount });
  for (let i = 0; i < positive.indexes.length; i += 1) {
    const index = positive.indexes[i] ?? 0;
    found.push({
      lower: lowerBound(histogram, index),
      upper: upperBound(histogram, index),
      count: positive.counts[i] ?? 0,
    });
  }
  return found;
}

export function sameBounds(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** The bounds that two custom layouts share. */
export function sharedBounds(a: Float64Array, b: Float64Array): Float64Array {
  const other = new Set(b);
  return a.filter((bound) => other.has(bound));
}

/** For each bucket of a custom layout, the bucket of a coarser layout that holds it. */
export function rebinned(index: number, bounds: Float64Array, coarser: Float64Array): number {
  const upper = bounds[index];
  if (upper === undefined) return coarser.length;
  const at = coarser.findIndex((bound) => bound >= upper);
  return at === -1 ? coarser.length : at;
}
