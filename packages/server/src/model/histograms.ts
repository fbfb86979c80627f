/** Buckets of one sign: `counts[i]` observations in the bucket with the number `indexes[i]`. */
export interface HistogramBuckets {
  /**
   * Ascending, without repeats; buckets that hold nothing may be left out. Exponential bucket i ends
   * at `2 ** (i * 2 ** -schema)`; custom bucket i ends at `customValues[i]`.
   */
  readonly indexes: Int32Array;
  /** Observations of each bucket itself: neither deltas nor sums of the buckets below. */
  readonly counts: Float64Array;
}

/** What a sender knows of a counter reset between a histogram and the one before it. */
export type CounterResetHint = "unknown" | "reset" | "not_reset" | "gauge";

/** The schema of histograms with custom bucket bounds (NHCB). */
export const CUSTOM_BUCKETS_SCHEMA = -53;

/**
 * One sample of a native histogram. Immutable. It has the shape of @seaworthy/promql's
 * NativeHistogram, and says besides whether its counts were sent as integers.
 * https://prometheus.io/docs/specs/native_histograms/
 */
export interface HistogramSample {
  /** −4 to 8 for exponential buckets, CUSTOM_BUCKETS_SCHEMA for custom ones. */
  readonly schema: number;
  readonly count: number;
  readonly sum: number;
  /** The zero bucket holds what lies within ± this width; 0 with custom buckets. */
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: HistogramBuckets;
  /** Empty with custom buckets. */
  readonly negative: HistogramBuckets;
  /** Upper bounds of custom buckets, ascending, +Inf left out; empty for exponential schemas. */
  readonly customValues: Float64Array;
  readonly counterResetHint: CounterResetHint;
  /** Its counts are whole numbers by its sender's word (an "integer histogram"); at most 2^53. */
  readonly integer: boolean;
}

/** The most buckets of one histogram that are stored, both signs and custom bounds alike. */
export const MAX_HISTOGRAM_BUCKETS = 10_000;

/** What is wrong with a histogram, undefined when nothing is: the checks Prometheus makes on append. */
export function histogramFault(histogram: HistogramSample): string | undefined {
  const { schema, customValues, negative, positive, zeroCount, count } = histogram;
  const custom = schema === CUSTOM_BUCKETS_SCHEMA;
  if (!custom && !(Number.isInteger(schema) && schema >= -4 && schema <= 8)) {
    return `its schema ${schema} is neither −4 to 8 nor ${CUSTOM_BUCKETS_SCHEMA}`;
  }
  const fault = bucketsFault("positive", positive) ?? bucketsFault("negative", negative);
  if (fault !== undefined) return fault;
  if (!(count >= 0) && !Number.isNaN(count)) return `its count ${count} is negative`;
  if (!(zeroCount >= 0)) return `its zero count ${zeroCount} is negative or no number`;
  if (!custom) return customValues.length > 0 ? "it has bounds but no custom schema" : undefined;
  return customFault(histogram);
}

function customFault({
  customValues,
  negative,
  positive,
  zeroCount,
  zeroThreshold,
}: HistogramSample): string | undefined {
  if (negative.indexes.length > 0) return "it has negative buckets beside custom bounds";
  if (zeroCount !== 0 || zeroThreshold !== 0) return "it has a zero bucket beside custom bounds";
  if (customValues.length > MAX_HISTOGRAM_BUCKETS) return "it has too many custom bounds";
  for (let i = 0; i < customValues.length; i += 1) {
    const bound = customValues[i] ?? Number.NaN;
    if (Number.isNaN(bound) || bound === Number.POSITIVE_INFINITY) {
      return `its custom bound ${bound} is no number below +Inf`;
    }
    if (i > 0 && bound <= (customValues[i - 1] ?? 0)) return "its custom bounds do not ascend";
  }
  const last = positive.indexes.at(-1) ?? 0;
  const first = positive.indexes[0] ?? 0;
  return first < 0 || last > customValues.length
    ? `it has a bucket beyond its ${customValues.length} custom bounds`
    : undefined;
}

function bucketsFault(side: string, { indexes, counts }: HistogramBuckets): string | undefined {
  if (indexes.length !== counts.length) return `its ${side} buckets' columns differ in length`;
  if (indexes.length > MAX_HISTOGRAM_BUCKETS) {
    return `it has ${indexes.length} ${side} buckets (limit ${MAX_HISTOGRAM_BUCKETS})`;
  }
  for (let i = 0; i < indexes.length; i += 1) {
    if (i > 0 && (indexes[i] ?? 0) <= (indexes[i - 1] ?? 0)) {
      return `its ${side} buckets do not ascend`;
    }
    if (!((counts[i] ?? Number.NaN) >= 0)) return `a ${side} bucket's count is no number from 0 up`;
  }
  return undefined;
}
