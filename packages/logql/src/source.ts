import type { LogExpr, RangeAggregation } from "./ast.ts";
import type { Labels } from "./labels.ts";
import type { Matrix } from "./metrics/matrix.ts";

/** A line as it is stored. */
export interface LogEntry {
  /** ns since 1970. */
  readonly timeNs: bigint;
  readonly line: string;
  readonly stream: Labels;
  /** Structured metadata. */
  readonly metadata: Labels;
}

export interface EntriesRequest {
  /**
   * Whose lines. The source answers all lines of the selector that the stages may let through; it may
   * leave out those that they cannot, and the engine runs the stages over what it answers.
   */
  readonly log: LogExpr;
  /** Inclusive. */
  readonly startNs: bigint;
  /** Exclusive. */
  readonly endNs: bigint;
  /** Whether the oldest come first or the newest. */
  readonly direction: "forward" | "backward";
  /** How many lines the engine wants at the most; undefined for all. */
  readonly limit: number | undefined;
  readonly signal?: AbortSignal;
}

/** The moments for which a metric query is evaluated: `startMs + i * stepMs` for i below `count`. */
export interface Grid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/** Where lines are. */
export interface Source {
  /** Lines in the order of their times, in pieces. */
  entries(request: EntriesRequest): AsyncIterable<readonly LogEntry[]>;
  /**
   * The range aggregation over the grid, if the source can compute it just as the engine would;
   * undefined otherwise.
   */
  aggregate?(
    expr: RangeAggregation,
    grid: Grid,
    signal: AbortSignal | undefined,
  ): Promise<Matrix | undefined>;
}
