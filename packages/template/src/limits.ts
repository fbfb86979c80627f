/** What a template may use up. Reaching a bound is an error, never a cut. */
export interface Limits {
  /** Characters of one template text. */
  readonly source: number;
  /** Nodes in all parsed templates of one set. */
  readonly nodes: number;
  /** Nesting of blocks and parentheses in the text. */
  readonly nesting: number;
  /** Characters of the output, and of any string made on the way. */
  readonly output: number;
  /**
   * Work of one execution: a node costs 1, a function call 1 more for every 16 characters that it is
   * given or makes. Deterministic, unlike a time limit, and it bounds the time.
   */
  readonly steps: number;
  /** Templates that call templates. */
  readonly depth: number;
  /** Asynchronous loads (queries) of one execution. */
  readonly loads: number;
}

/** Far above what alerts and notifications need, far below what would hold up the process. */
export const DEFAULT_LIMITS: Limits = {
  source: 256 * 1024,
  nodes: 50_000,
  nesting: 100,
  output: 1024 * 1024,
  steps: 500_000,
  depth: 100,
  loads: 32,
};
