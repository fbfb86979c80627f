import type { NativeHistogram } from "./histogram/histogram.ts";
import type { Labels } from "./labels.ts";
import type { Grid, GridSeries, RawSeries } from "./source.ts";

export interface VectorSample {
  readonly labels: Labels;
  /** The float value; when `histogram` is there, ignore it. */
  readonly value: number;
  readonly histogram?: NativeHistogram;
}

export type QueryValue =
  | { readonly type: "scalar"; readonly timeMs: number; readonly value: number }
  | { readonly type: "string"; readonly timeMs: number; readonly value: string }
  /** An instant query's series; their order means something (sort, topk). */
  | { readonly type: "vector"; readonly timeMs: number; readonly samples: VectorSample[] }
  /** An instant query of a range selector: samples at their own times. */
  | { readonly type: "matrix"; readonly series: RawSeries[] }
  /** A range query, sorted by labels. */
  | { readonly type: "grid"; readonly grid: Grid; readonly series: GridSeries[] };

export interface QueryResult {
  readonly value: QueryValue;
  /** Things that are probably wrong, as Prometheus's API says them: "PromQL warning: … (1:6)". */
  readonly warnings: string[];
  /** Things worth knowing, as Prometheus's API says them: "PromQL info: … (1:6)". */
  readonly infos: string[];
  readonly stats: QueryStats;
}

export interface QueryStats {
  /** Samples read from the source plus points of grids made. */
  readonly samples: number;
  readonly series: number;
}
