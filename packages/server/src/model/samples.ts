import type { Labels } from "./labels.ts";

/**
 * Samples on their way to the store, in columns: sample i belongs to `series[seriesOf[i]]`, was taken
 * at `times[i]` (milliseconds since 1970) and has the bits of `values[i]`. A staleness marker is the
 * NaN with one particular bit pattern; write it with `setStale` and never through a JavaScript number,
 * which may not keep a NaN's payload.
 */
export interface SampleBatch {
  readonly series: readonly Labels[];
  readonly seriesOf: Uint32Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Prometheus's staleness marker (model/value: StaleNaN). */
export const STALE_BITS = 0x7ff0000000000002n;

/** Writes a staleness marker at `index`. */
export function setStale(values: Float64Array, index: number): void {
  new BigUint64Array(values.buffer, values.byteOffset, values.length)[index] = STALE_BITS;
}

/** Whether the value at `index` is a staleness marker rather than an ordinary NaN. */
export function isStale(values: Float64Array, index: number): boolean {
  return new BigUint64Array(values.buffer, values.byteOffset, values.length)[index] === STALE_BITS;
}

/** What a metric is, as its exposition says. */
export interface MetricMetadata {
  readonly metric: string;
  readonly type:
    | "counter"
    | "gauge"
    | "histogram"
    | "summary"
    | "unknown"
    | "info"
    | "stateset"
    | "gaugehistogram";
  readonly help: string;
  readonly unit: string;
}
