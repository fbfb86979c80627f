/** What one query may use up. */
export interface EngineLimits {
  /** Lines that a metric query may run through its pipeline one by one. */
  readonly maxLines: number;
  /** Series on the way to an answer. */
  readonly maxSeries: number;
  /** Moments of a range query. */
  readonly maxSteps: number;
}

export const DEFAULT_LIMITS: EngineLimits = {
  maxLines: 1_000_000,
  maxSeries: 5000,
  maxSteps: 11_000,
};
