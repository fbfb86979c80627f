import { KahanSum } from "../kahan.ts";
import {
  bucketsFrom,
  exponentialBound,
  rebinned,
  reducedIndex,
  sameBounds,
  sharedBounds,
  usesCustomBuckets,
} from "./buckets.ts";
import type { Buckets, CounterResetHint, NativeHistogram } from "./histogram.ts";

type Counts = Map<number, KahanSum>;

/**
 * A histogram that others are added to in place, every number of it a compensated sum. Brings what
 * it is given to common ground: the lower resolution, the wider zero bucket, the shared custom
 * bounds.
 */
export class HistogramAccumulator {
  /** Custom bounds differed, and the result keeps only those they share. */
  reconciled = false;
  schema: number;
  zeroThreshold: number;
  customValues: Float64Array;
  readonly count = new KahanSum();
  readonly sum = new KahanSum();
  readonly zeroCount = new KahanSum();
  #positive: Counts = new Map();
  #negative: Counts = new Map();

  constructor(first: NativeHistogram) {
    this.schema = first.schema;
    this.zeroThreshold = first.zeroThreshold;
    this.customValues = first.customValues;
    this.#addCounts(first, 1);
  }

  /** Whether the two can be added at all: exponential and custom buckets cannot. */
  accepts(other: NativeHistogram): boolean {
    return usesCustomBuckets(this) === usesCustomBuckets(other);
  }

  /** Adds a histogram `factor` times (−1 subtracts). It must be one that `accepts` takes. */
  add(other: NativeHistogram, factor = 1): void {
    if (usesCustomBuckets(this)) {
      if (!sameBounds(this.customValues, other.customValues)) this.#share(other.customValues);
    } else {
      this.#widenZero(other);
      this.lowerResolution(other.schema);
    }
    this.#addCounts(other, factor);
  }

  #addCounts(other: NativeHistogram, factor: number): void {
    this.count.add(other.count * factor);
    this.sum.add(other.sum * factor);
    if (!usesCustomBuckets(this)) {
      this.zeroCount.add(zeroCountWithin(other, this.zeroThreshold).count * factor);
    }
    this.#addBuckets(this.#positive, other, other.positive, factor);
    this.#addBuckets(this.#negative, other, other.negative, factor);
  }

  #addBuckets(into: Counts, other: NativeHistogram, buckets: Buckets, factor: number): void {
    const custom = usesCustomBuckets(this);
    for (let i = 0; i < buckets.indexes.length; i += 1) {
      const original = buckets.indexes[i] ?? 0;
      if (!custom && exponentialBound(original, other.schema) <= this.zeroThreshold) continue;
      const index = custom
        ? rebinned(original, other.customValues, this.customValues)
        : reducedIndex(original, other.schema, this.schema);
      addAt(into, index, (buckets.counts[i] ?? 0) * factor);
    }
  }

  #share(otherBounds: Float64Array): void {
    this.reconciled = true;
    const before = this.customValues;
    const bounds = sharedBounds(before, otherBounds);
    this.#positive = moved(this.#positive, (index) => rebinned(index, before, bounds));
    this.customValues = bounds;
  }

  /** Multiplies every number. */
  scaleBy(factor: number): void {
    for (const part of [this.count, this.sum, this.zeroCount]) scaleSum(part, factor);
    for (const part of this.#positive.values()) scaleSum(part, factor);
    for (const part of this.#negative.values()) scaleSum(part, factor);
  }

  /** Brings the exponential buckets to a lower schema; does nothing for a higher one. */
  lowerResolution(schema: number): void {
    if (schema >= this.schema) return;
    const move = (index: number): number => reducedIndex(index, this.schema, schema);
    this.#positive = moved(this.#positive, move);
    this.#negative = moved(this.#negative, move);
    this.schema = schema;
  }

  /** Widens the zero bucket until neither histogram has a populated bucket across its edge. */
  #widenZero(other: NativeHistogram): void {
    let wanted = Math.max(this.zeroThreshold, other.zeroThreshold);
    for (;;) {
      const mine = zeroCountWithin(this.result("unknown"), wanted);
      const { threshold } = zeroCountWithin(other, mine.threshold);
      if (threshold === mine.threshold) {
        if (threshold === this.zeroThreshold) return;
        this.zeroCount.reset(mine.count);
        this.zeroThreshold = threshold;
        this.#dropBelow(this.#positive, threshold);
        this.#dropBelow(this.#negative, threshold);
        return;
      }
      wanted = threshold;
    }
  }

  #dropBelow(counts: Counts, threshold: number): void {
    for (const index of counts.keys()) {
      if (exponentialBound(index, this.schema) <= threshold) counts.delete(index);
    }
  }

  /** The totals so far. */
  result(counterResetHint: CounterResetHint): NativeHistogram {
    return {
      schema: this.schema,
      count: this.count.total,
      sum: this.sum.total,
      zeroThreshold: this.zeroThreshold,
      zeroCount: this.zeroCount.total,
      positive: bucketsFrom(totals(this.#positive)),
      negative: bucketsFrom(totals(this.#negative)),
      customValues: this.customValues,
      counterResetHint,
    };
  }
}

/**
 * The count of a zero bucket widened to `threshold`, and the threshold it really needs: the upper
 * bound of a populated bucket that the wish would have cut through.
 */
export function zeroCountWithin(
  histogram: NativeHistogram,
  threshold: number,
): { count: number; threshold: number } {
  if (threshold <= histogram.zeroThreshold) {
    return { count: histogram.zeroCount, threshold: histogram.zeroThreshold };
  }
  let widened = threshold;
  for (;;) {
    let count = histogram.zeroCount;
    let edge = widened;
    for (const buckets of [histogram.positive, histogram.negative]) {
      for (let i = 0; i < buckets.indexes.length; i += 1) {
        const index = buckets.indexes[i] ?? 0;
        const held = buckets.counts[i] ?? 0;
        if (exponentialBound(index - 1, histogram.schema) >= edge) break;
        count += held;
        const upper = exponentialBound(index, histogram.schema);
        if (upper > edge && held !== 0) edge = upper;
      }
    }
    if (edge === widened) return { count, threshold: widened };
    widened = edge;
  }
}

function scaleSum(part: KahanSum, factor: number): void {
  part.reset(part.sum * factor, part.compensation * factor);
}

function addAt(counts: Counts, index: number, value: number): void {
  let sum = counts.get(index);
  if (sum === undefined) {
    sum = new KahanSum();
    counts.set(index, sum);
  }
  sum.add(value);
}

function moved(counts: Counts, move: (index: number) => number): Counts {
  const result: Counts = new Map();
  for (const [index, { sum, compensation }] of counts) {
    addAt(result, move(index), sum);
    addAt(result, move(index), compensation);
  }
  return result;
}

function totals(counts: Counts): Map<number, number> {
  return new Map([...counts].map(([index, sum]) => [index, sum.total]));
}
