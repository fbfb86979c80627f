/** A classic histogram's bucket: how many observations are at or below a bound. */
export interface ClassicBucket {
  readonly upperBound: number;
  count: number;
}

/** Differences this small, relatively, are the floats' and not the counters'. */
const TOLERANCE = 1e-12;

/** What was changed to make counts rise from bucket to bucket. */
export interface Forced {
  /** Upper bounds of the lowest and the highest bucket that had too few. */
  readonly lowest: number;
  readonly highest: number;
  /** The most that one of them lacked. */
  readonly difference: number;
}

/** Sorts buckets and joins those of the same bound; undefined without an infinite bucket. */
function joined(given: readonly ClassicBucket[]): ClassicBucket[] | undefined {
  const sorted = [...given].sort((a, b) => a.upperBound - b.upperBound);
  if (sorted.at(-1)?.upperBound !== Number.POSITIVE_INFINITY) return undefined;
  const buckets: ClassicBucket[] = [];
  for (const { upperBound, count } of sorted) {
    const last = buckets.at(-1);
    if (last?.upperBound === upperBound) last.count += count;
    else buckets.push({ upperBound, count });
  }
  return buckets;
}

/** Makes counts rise, in place, and tells where one really had fallen. */
function forceRising(buckets: readonly ClassicBucket[]): Forced | undefined {
  let forced: Forced | undefined;
  let previous = buckets[0]?.count ?? 0;
  for (const bucket of buckets) {
    if (bucket.count === previous) continue;
    if (almostEqual(previous, bucket.count)) bucket.count = previous;
    else if (bucket.count < previous) {
      forced = {
        lowest: forced?.lowest ?? bucket.upperBound,
        highest: bucket.upperBound,
        difference: Math.max(forced?.difference ?? 0, previous - bucket.count),
      };
      bucket.count = previous;
    } else previous = bucket.count;
  }
  return forced;
}

function almostEqual(a: number, b: number): boolean {
  const difference = Math.abs(a - b);
  const size = Math.abs(a) + Math.abs(b);
  return a === 0 || b === 0 ? difference < TOLERANCE : difference / size < TOLERANCE;
}

/** The estimated q-quantile of a classic histogram, linear within its buckets. */
export function classicQuantile(
  quantile: number,
  given: readonly ClassicBucket[],
): { value: number; forced: Forced | undefined } {
  if (Number.isNaN(quantile)) return { value: Number.NaN, forced: undefined };
  if (quantile < 0) return { value: Number.NEGATIVE_INFINITY, forced: undefined };
  if (quantile > 1) return { value: Number.POSITIVE_INFINITY, forced: undefined };
  const buckets = joined(given);
  if (buckets === undefined) return { value: Number.NaN, forced: undefined };
  const forced = forceRising(buckets);
  return { value: risingQuantile(quantile, buckets), forced };
}

function risingQuantile(quantile: number, buckets: readonly ClassicBucket[]): number {
  const observations = buckets.at(-1)?.count ?? 0;
  if (buckets.length < 2 || observations === 0 || Number.isNaN(observations)) return Number.NaN;
  const rank = quantile * observations;
  const last = buckets.length - 1;
  let at = buckets.findIndex(({ count }) => count >= rank);
  if (at === -1) at = last;
  const end = buckets[at]?.upperBound ?? 0;
  if (at === last) return buckets[last - 1]?.upperBound ?? Number.NaN;
  if (at === 0 && end <= 0) return end;
  const before = buckets[at - 1];
  const start = before?.upperBound ?? 0;
  const below = before?.count ?? 0;
  const count = (buckets[at]?.count ?? 0) - below;
  return start + (end - start) * ((rank - below) / count);
}

/** The estimated share of observations in (lower, upper]. Counts are taken as they are. */
export function classicFraction(
  lower: number,
  upper: number,
  given: readonly ClassicBucket[],
): number {
  const buckets = joined(given);
  const count = buckets?.at(-1)?.count ?? 0;
  if (buckets === undefined || count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) {
    return Number.NaN;
  }
  if (lower >= upper) return 0;
  const rank = (value: number) => Math.min(count, classicRank(value, buckets));
  return (rank(upper) - rank(lower)) / count;
}

function classicRank(value: number, buckets: readonly ClassicBucket[]): number {
  let below = 0;
  let start = Number.NEGATIVE_INFINITY;
  for (const { upperBound, count } of buckets) {
    if (start === Number.NEGATIVE_INFINITY && upperBound > 0) start = 0;
    if (start >= value) return below;
    if (upperBound > value) {
      // An open bucket has no inside to interpolate in.
      if (start === Number.NEGATIVE_INFINITY) return count;
      if (upperBound === Number.POSITIVE_INFINITY) return below;
      return below + ((count - below) * (value - start)) / (upperBound - start);
    }
    below = count;
    start = upperBound;
  }
  return below;
}
