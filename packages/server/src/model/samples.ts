import { SeaworthyError } from "./errors.ts";
import type { HistogramSample } from "./histograms.ts";
import type { Labels } from "./labels.ts";

/**
 * Samples on their way to the store, in columns: sample i belongs to `series[seriesOf[i]]`, was taken
 * at `times[i]` (milliseconds since 1970) and has the bits of `values[i]`. A staleness marker is the
 * NaN with one particular bit pattern; write it with `setStale` and never through a JavaScript number,
 * which may not keep a NaN's payload. All of a batch is committed before `SampleSink.write` resolves.
 */
export interface SampleBatch {
  readonly series: readonly Labels[];
  readonly seriesOf: Uint32Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
  /**
   * Native histograms, each the value of one sample, whose entry in `values` is then ignored. Sparse:
   * leave the column out (or empty) for floats alone. A stale histogram is a staleness marker in
   * `values` and has no entry here.
   */
  readonly histograms?: readonly HistogramEntry[];
  /** Exemplars of any of the batch's series. They need not go with a sample of it. */
  readonly exemplars?: readonly Exemplar[];
  /**
   * Since when each sample's counter, histogram or summary counts, ms since 1970; 0 or NaN where that
   * is not known. Where the store is told to, it begins such a series with a zero at its start.
   */
  readonly starts?: Float64Array;
  /** What metrics are; stored with the batch. `SampleSink.describe` is the way without samples. */
  readonly metadata?: readonly MetricMetadata[];
}

/** A native histogram as the value of sample `sample` of its batch. */
export interface HistogramEntry {
  /** Index into `times`; each sample at most once. */
  readonly sample: number;
  readonly histogram: HistogramSample;
}

/** One observation that stands for others, with the labels that lead to it (a trace's id, say). */
export interface Exemplar {
  /** Index into the batch's `series`. */
  readonly series: number;
  /** ms since 1970. */
  readonly time: number;
  readonly value: number;
  /** Its own labels; OpenMetrics allows 128 characters of names and values together. */
  readonly labels: Labels;
}

/** Why a sample was not stored. */
export type RefusalReason =
  /** It is older than the out-of-order window allows. */
  | "too_old"
  /** Its time lies further ahead than clocks differ. */
  | "too_new"
  /** Its series would be one more than the limit of series. */
  | "series_limit";

/**
 * Thrown by `SampleSink.write` when some samples of a batch were refused. The others have been
 * committed: sending the batch again changes nothing, so senders get a 4xx.
 */
export class SamplesRefused extends SeaworthyError {
  readonly code = "samples_refused";
  override readonly status = 400;
  readonly reasons: ReadonlyMap<RefusalReason, number>;

  /** `reasons`: how many samples were refused, by reason. */
  constructor(message: string, reasons: ReadonlyMap<RefusalReason, number>) {
    super(message);
    this.name = "SamplesRefused";
    this.reasons = reasons;
  }

  /** How many samples were refused. */
  get samples(): number {
    let sum = 0;
    for (const count of this.reasons.values()) sum += count;
    return sum;
  }
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
