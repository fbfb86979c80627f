import { CUSTOM_BUCKETS_SCHEMA } from "../../model/index.ts";
import type { HistogramBuckets, HistogramSample } from "../../model/index.ts";
import { ScrapeFault } from "./fault.ts";

const FINEST = 8;
const COARSEST = -4;

/**
 * The finest schema whose buckets grow by at least `factor` each (`native_histogram_min_bucket_factor`);
 * the finest of all for a factor of 1 or less.
 */
export function schemaOfFactor(factor: number): number {
  if (factor <= 1) return FINEST;
  const schema = -Math.ceil(Math.log2(Math.log2(factor))) + 0;
  return Math.min(FINEST, Math.max(COARSEST, schema));
}

/**
 * The histogram with a schema of at most `maxSchema` and at most `maxBuckets` buckets (0 for any
 * number), made coarser as far as that takes. Throws ScrapeFault when even the coarsest has more.
 */
export function withinBucketLimits(
  histogram: HistogramSample,
  maxSchema: number,
  maxBuckets: number,
): HistogramSample {
  const isCustom = histogram.schema === CUSTOM_BUCKETS_SCHEMA;
  let result = histogram;
  if (!isCustom) while (result.schema > maxSchema) result = coarser(result);
  const most = maxBuckets > 0 ? maxBuckets : Number.POSITIVE_INFINITY;
  while (bucketCount(result) > most) {
    if (isCustom || result.schema <= COARSEST) {
      throw new ScrapeFault(
        `native_histogram_bucket_limit exceeded: ${bucketCount(result)} buckets, the limit is ${maxBuckets}`,
      );
    }
    result = coarser(result);
  }
  return result;
}

function bucketCount({ positive, negative }: HistogramSample): number {
  const held = ({ counts }: HistogramBuckets) => counts.reduce((n, c) => (c > 0 ? n + 1 : n), 0);
  return held(positive) + held(negative);
}

/** Two buckets become one: of half as many bounds, every second one stands. */
function coarser(histogram: HistogramSample): HistogramSample {
  return {
    ...histogram,
    schema: histogram.schema - 1,
    positive: merged(histogram.positive),
    negative: merged(histogram.negative),
  };
}

function merged({ indexes, counts }: HistogramBuckets): HistogramBuckets {
  const sums = new Map<number, number>();
  indexes.forEach((index, i) => {
    const target = Math.ceil(index / 2);
    sums.set(target, (sums.get(target) ?? 0) + (counts[i] ?? 0));
  });
  return { indexes: Int32Array.from(sums.keys()), counts: Float64Array.from(sums.values()) };
}
