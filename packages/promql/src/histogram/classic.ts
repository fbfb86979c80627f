/** A classic histogram's bucket: how many observations are at or below a bound. */
export interface ClassicBucket {
  readonly upperBound: number;
  count: number;
}

/** Differences this small, relatively, are the floats' and not the counters'. */
const TOLERANCE = 1e-12;

/**
 * Sorts buckets, joins those of the same bound and makes counts rise; undefined without an
 * infinite bucket. `forced` tells whether a count really had fallen.
 */
function prepared(
  buckets: readonly ClassicBucket[],
): { buckets: ClassicBucket[]; forced: boolean } | undefined {
  const sorted = [...buckets].sort((a, b) => a.upperBound - b.upperBound);
  if (sorted.at(-1)?.upperBound !== Number.POSITIVE_INFINITY) return undefined;
  const joined: ClassicBucket[] = [];
  for (const { upperBound, count } of sorted) {
    const last = joined.at(-1);
    if (last?.upperBound === upperBound) last.count += count;
    else joined.push({ upperBound, count });
  }
  let forced = false;
  let previous = joined[0]?.count ?? 0;
  for (const bucket of joined) {
    if (bucket.count === previous) continue;
    if (almostEqual(previous, bucket.count)) bucket.count = previous;
    else if (bucket.count < previous) {
      bucket.count = previous;
      forced = true;
    } else previous = bucket.count;
  }
  return { buckets: joined, forced };
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
): { value: number; forced: boolean } {
  if (Number.isNaN(quantile)) return { value: Number.NaN, forced: false };
  if (quantile < 0) return { value: Number.NEGATIVE_INFINITY, forced: false };
  if (quantile > 1) return { value: Number.POSITIVE_INFINITY, forced: false };
  const ready = prepared(given);
  if (ready === undefined) return { value: Number.NaN, forced: false };
  const { buckets, forced } = ready;
  const observations = buckets.at(-1)?.count ?? 0;
  if (buckets.length < 2 || observations === 0 || Number.isNaN(observations)) {
    return { value: Number.NaN, forced };
  }
  const rank = quantile * observations;
  const last = buckets.length - 1;
  let at = buckets.findIndex(({ count }) => count >= rank);
  if (at === -1) at = last;
  const end = buckets[at]?.upperBound ?? 0;
  if (at === last) return { value: buckets[last - 1]?.upperBound ?? Number.NaN, forced };
  if (at === 0 && end <= 0) return { value: end, forced };
  const before = buckets[at - 1];
  const start = before?.upperBound ?? 0;
  const below = before?.count ?? 0;
  const count = (buckets[at]?.count ?? 0) - below;
  return { value: start + (end - start) * ((rank - below) / count), forced };
}

/** The estimated share of observations in (lower, upper]. */
export function classicFraction(
  lower: number,
  upper: number,
  given: readonly ClassicBucket[],
): number {
  const ready = prepared(given);
  const count = ready?.buckets.at(-1)?.count ?? 0;
  if (ready === undefined || count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) {
    return Number.NaN;
  }
  if (lower >= upper) return 0;
  return (classicRank(upper, ready.buckets) - classicRank(lower, ready.buckets)) / count;
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
