import { SeaworthyError } from "../../../model/index.ts";
import type { HistogramSample, Labels, MetricMetadata } from "../../../model/index.ts";

/** A body that is not of its format, or more of it than is taken. */
export class ExpositionError extends SeaworthyError {
  readonly code = "exposition_invalid";
  override readonly status = 400;
  override readonly name = "ExpositionError";
}

/** How much one exposition may bring. */
export interface ExpositionLimits {
  readonly lineBytes: number;
  readonly labels: number;
  readonly samples: number;
}

export const DEFAULT_EXPOSITION_LIMITS: ExpositionLimits = {
  lineBytes: 1024 * 1024,
  labels: 1024,
  samples: 1_000_000,
};

/** A series' labels in the order in which they were exposed, the metric's name first; values may be empty. */
export type ExposedLabels = readonly (readonly [name: string, value: string])[];

/** The metric family of a series, as far as its body has told it before. */
export interface ExposedFamily {
  readonly name: string;
  readonly type: string;
}

/** Answers what is to be kept for a series' labels. */
export type Resolve<Series> = (labels: ExposedLabels, family: ExposedFamily) => Series;

/** An exemplar of sample `sample` of its body. */
export interface ExposedExemplar {
  readonly sample: number;
  readonly labels: Labels;
  readonly value: number;
  /** Milliseconds since 1970, or NaN where the body gives no time. */
  readonly time: number;
}

/** A native histogram as the value of sample `sample` of its body. */
export interface ExposedHistogram {
  readonly sample: number;
  readonly histogram: HistogramSample;
}

/**
 * Reads the expositions of one target in one format, and keeps what it learned from one body for the
 * next. It is given a function that answers what is to be kept for labels: called once for each
 * series text that is new, and given back with every sample of that text.
 */
export interface Parser<Series> {
  /** The samples of the body, in its order, in columns of which the first `count` are filled. */
  readonly count: number;
  readonly values: Float64Array;
  /** Milliseconds since 1970, or NaN where the body gives no time. */
  readonly times: Float64Array;
  /** In the order of their samples. */
  readonly exemplars: readonly ExposedExemplar[];
  /** In the order of their samples, whose entries in `values` mean nothing. */
  readonly histograms: readonly ExposedHistogram[];
  /** How many samples were read, the one with it whose labels could not be taken. */
  readonly begun: number;
  /** Since when sample `index` counts, ms since 1970; NaN where the body does not tell. */
  startOf(index: number): number;
  /** The series of sample `index`. */
  seriesOf(index: number): Series;
  /** Begins a body that is then read in slices with `advance`. */
  begin(body: Buffer): void;
  /** Reads on for about `bytes`; answers whether the body is at its end. Throws ExpositionError. */
  advance(bytes: number): boolean;
  /** Lets go of the body. The samples stay until the next one begins. */
  release(): void;
  /** What is new or changed in the metrics' metadata since this was last asked. */
  takeChangedMetadata(): MetricMetadata[];
}

/** Reads a whole body. Throws ExpositionError at the first fault. */
export function parseWhole(parser: Parser<unknown>, body: Buffer): void {
  parser.begin(body);
  parser.advance(Number.POSITIVE_INFINITY);
  parser.release();
}
