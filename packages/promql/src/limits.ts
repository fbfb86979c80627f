import { DEFAULT_PARSE_LIMITS, type ParseLimits } from "./parse/parser.ts";

/** What one query may use. */
export interface EngineLimits extends ParseLimits {
  /** Samples read from the source and points made from them by one query. */
  readonly maxSamples: number;
  /** Series read from the source by one query. */
  readonly maxSeries: number;
  /** Instants of a range query. */
  readonly maxSteps: number;
}

export const DEFAULT_LIMITS: EngineLimits = {
  ...DEFAULT_PARSE_LIMITS,
  maxSamples: 50_000_000,
  maxSeries: 1_000_000,
  maxSteps: 11_000,
};
