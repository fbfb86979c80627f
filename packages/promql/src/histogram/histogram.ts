/** Buckets of one sign: `counts[i]` observations in the bucket with the number `indexes[i]`. */
export interface Buckets {
  /** Ascending. Bucket i of an exponential schema ends at `2 ** (i * 2 ** -schema)`. */
  readonly indexes: Int32Array;
  readonly counts: Float64Array;
}

/** Says what is known of a counter reset between a histogram and the one before it. */
export type CounterResetHint = "unknown" | "reset" | "not_reset" | "gauge";

/** The schema of histograms with custom bucket bounds. */
export const CUSTOM_BUCKETS_SCHEMA = -53;

/** A native histogram with float counts. Immutable. */
export interface NativeHistogram {
  /** −4 to 8 for exponential buckets, CUSTOM_BUCKETS_SCHEMA for custom ones. */
  readonly schema: number;
  readonly count: number;
  readonly sum: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
  /** Upper bounds of custom buckets, ascending, +Inf left out; empty for exponential schemas. */
  readonly customValues: Float64Array;
  readonly counterResetHint: CounterResetHint;
}
