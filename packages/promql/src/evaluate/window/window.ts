import type { Annotations } from "../../annotations.ts";
import type { Span } from "../../errors.ts";
import type { NativeHistogram } from "../../histogram/histogram.ts";
import { ABSENT, FLOAT, HISTOGRAM } from "../../source.ts";

/**
 * A series' samples made ready for windows: staleness markers are gone, floats and histograms are
 * apart, as Prometheus's functions look at them.
 */
export interface WindowSeries {
  readonly name: string;
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** Whether some value may be less than the one before it. */
  readonly mayReset: boolean;
  readonly startTimes?: Float64Array;
  readonly histogramTimes: Float64Array;
  readonly histograms: readonly NativeHistogram[];
  readonly histogramStartTimes?: Float64Array;
}

/**
 * One window of one series, moved from step to step so that the inner loops allocate nothing.
 * Floats are `series.values[low]` to `series.values[high - 1]`, histograms likewise.
 */
export interface Window {
  series: WindowSeries;
  low: number;
  high: number;
  histogramLow: number;
  histogramHigh: number;
  /** The window is (startMs, endMs]. */
  startMs: number;
  endMs: number;
  step: number;
  /** The time of evaluation, which offset and `@` do not move. */
  evaluationMs: number;
  /** The arguments beside the range, each on the whole grid. */
  readonly args: readonly Float64Array[];
  readonly annotations: Annotations;
  /** Where the range stands in the query, and the whole call. */
  readonly rangeSpan: Span;
  readonly callSpan: Span;
}

/** Where a window function leaves its result. */
export class Cell {
  kind = ABSENT;
  value = 0;
  histogram: NativeHistogram | undefined;

  clear(): void {
    this.kind = ABSENT;
    this.histogram = undefined;
  }

  setFloat(value: number): void {
    this.kind = FLOAT;
    this.value = value;
  }

  setHistogram(histogram: NativeHistogram): void {
    this.kind = HISTOGRAM;
    this.histogram = histogram;
  }
}

/** Looks at a window and fills the cell, or leaves it absent. */
export type WindowFunction = (window: Window, out: Cell) => void;
