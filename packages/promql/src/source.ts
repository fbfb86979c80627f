import type { NativeHistogram } from "./histogram/histogram.ts";
import type { Labels } from "./labels.ts";
import type { Matcher } from "./matchers.ts";

/** Evenly spaced instants: `startMs`, `startMs + stepMs`, …, `steps` of them (at least 1). */
export interface Grid {
  readonly startMs: number;
  /** 0 only when there is a single step. */
  readonly stepMs: number;
  readonly steps: number;
}

/** One series' samples as they were stored, ascending in time without repeats. */
export interface RawSeries {
  readonly labels: Labels;
  /** Milliseconds since the epoch. */
  readonly times: Float64Array;
  /**
   * The samples' values with their bits untouched: a staleness marker is the NaN
   * 0x7ff0000000000002. Ignored where `histograms` has an entry, unless it is a staleness marker.
   */
  readonly values: Float64Array;
  /** Native histograms, by sample; left out for a series of floats alone. */
  readonly histograms?: readonly (NativeHistogram | undefined)[];
  /** When each sample's counter began, ms since the epoch, 0 where unknown; left out if all are. */
  readonly startTimes?: Float64Array;
}

/** What is in one step of a GridSeries. */
export const ABSENT = 0;
export const FLOAT = 1;
export const HISTOGRAM = 2;

/** One series' values at the instants of a grid; each array has `grid.steps` entries. */
export interface GridSeries {
  readonly labels: Labels;
  /** ABSENT, FLOAT or HISTOGRAM a step (NaN is an ordinary value, so absence is apart). */
  readonly kinds: Uint8Array;
  /** The value where the kind is FLOAT; 0 or anything elsewhere. */
  readonly values: Float64Array;
  /** The value where the kind is HISTOGRAM; left out when there is none. */
  readonly histograms?: (NativeHistogram | undefined)[];
}

/**
 * What a source may compute at each instant t of a grid, from the samples in the left-open window
 * `(t − windowMs, t]`. Staleness markers are never samples. Results are exactly those of the PromQL
 * function of the same name (extrapolation, counter resets and all); the two look-ups are:
 *
 * - `lookup`: the last entry in the window; absent when that entry is a staleness marker.
 * - `lookup_time`: that sample's own time, in seconds.
 */
export type GridFunction =
  | "lookup"
  | "lookup_time"
  | "rate"
  | "increase"
  | "delta"
  | "irate"
  | "idelta"
  | "deriv"
  | "predict_linear"
  | "changes"
  | "resets"
  | "avg_over_time"
  | "min_over_time"
  | "max_over_time"
  | "sum_over_time"
  | "count_over_time"
  | "quantile_over_time"
  | "stddev_over_time"
  | "stdvar_over_time"
  | "last_over_time"
  | "first_over_time"
  | "present_over_time";

export type GridAggregation = "sum" | "avg" | "min" | "max" | "count" | "group";

export interface SelectRequest {
  readonly matchers: readonly Matcher[];
  /** First and last sample time wanted, both inclusive, ms since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
  readonly hints: SelectHints;
}

/** What the samples are for. A source may ignore all of it. */
export interface SelectHints {
  /** The function over the samples, "" for a plain selector. */
  readonly function: string;
  readonly stepMs: number;
  /** The window's length: a range selector's range, or the lookback delta. */
  readonly windowMs: number;
}

export interface GridRequest {
  readonly matchers: readonly Matcher[];
  readonly function: GridFunction;
  /**
   * The instants, in sample time: `offset` and `@` are already in it, and the answer's steps are
   * these, one for one.
   */
  readonly grid: Grid;
  readonly windowMs: number;
  /** predict_linear: the seconds ahead; quantile_over_time: the quantile. Absent otherwise. */
  readonly parameter?: number;
  /** When present, the answer is aggregated: one series a group, without a metric name. */
  readonly aggregate?: GridAggregate;
}

export interface GridAggregate {
  readonly operator: GridAggregation;
  /** false: by these labels; true: by all labels but these (and but the metric name). */
  readonly without: boolean;
  readonly labels: readonly string[];
}

/** What an evaluation may still use; shared by all the requests of one query. */
export interface QueryContext {
  /** Abort soon after this fires: the caller has stopped waiting. */
  readonly signal: AbortSignal;
  /** Counts samples read or made against `maxSamples`; throws PromqlError("limit") beyond it. */
  takeSamples(count: number): void;
  /** Counts series against `maxSeries`; throws PromqlError("limit") beyond it. */
  takeSeries(count: number): void;
  /** Tells the caller about the data that the answer is made of; each text once. */
  note(level: "warning" | "info", message: string): void;
}

/**
 * Where an engine reads from. `select` alone is enough for all of PromQL; `grid` lets a backend do
 * the heavy part itself.
 */
export interface Source {
  /**
   * The series that match and have a sample in the range, each at most once, in any order. An
   * async generator keeps memory low: the engine drops a series' samples when it has used them.
   */
  select(
    request: SelectRequest,
    context: QueryContext,
  ): AsyncIterable<RawSeries> | Iterable<RawSeries>;

  /**
   * What `select` answers, in portions of series that are there at once: asked instead of it where a
   * source has it. Handing over many short series one by one costs more than evaluating them. A
   * portion's samples may be overwritten as soon as the next portion is asked for.
   */
  selectPortions?(
    request: SelectRequest,
    context: QueryContext,
  ): AsyncIterable<Iterable<RawSeries>>;

  /**
   * About how many samples `select` would read; a guess will do. Long ranges of many series are then
   * evaluated a part of their steps after the other. Without it they never are.
   */
  estimate?(request: SelectRequest, context: QueryContext): Promise<number>;

  /**
   * Evaluates on a grid, or declines: undefined at once, or a promise of undefined after a look at
   * the data (native histograms among the samples, say). A declined request with an aggregate is
   * asked again without it; a declined request without one is evaluated from `select`.
   * Unaggregated series keep all their labels, the metric name too. Series absent at every step
   * are left out. An empty array is an answer: nothing matched.
   */
  grid?(request: GridRequest, context: QueryContext): Promise<GridSeries[] | undefined> | undefined;
}
