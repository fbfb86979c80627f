/** What a plan is made for: the query's own times, wherever in it a node stands. */
export interface QueryFrame {
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 0 for an instant query. */
  readonly stepMs: number;
  readonly lookbackDeltaMs: number;
  readonly defaultSubqueryStepMs: number;
}
