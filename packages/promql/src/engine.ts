import type { Experimental } from "./check.ts";
import type { Expr } from "./parse/ast.ts";
import type { QueryResult } from "./result.ts";
import type { Source } from "./source.ts";

export interface EngineLimits {
  /** Samples read from the source and points made while evaluating one query. */
  readonly maxSamples: number;
  /** Series read from the source by one query. */
  readonly maxSeries: number;
  /** Instants of a range query, and of a subquery. */
  readonly maxSteps: number;
  /** Length of a query's text, in UTF-16 units. */
  readonly maxQueryLength: number;
  /** How deep expressions may nest. */
  readonly maxDepth: number;
}

export interface EngineOptions {
  /** How long a sample stays current. Default 5 minutes. */
  readonly lookbackDeltaMs?: number;
  /** The step of a subquery that names none. Default 1 minute. */
  readonly defaultSubqueryStepMs?: number;
  readonly limits?: Partial<EngineLimits>;
  /** true switches all of it on. */
  readonly experimental?: boolean | Partial<Experimental>;
}

export interface QueryOptions {
  readonly signal?: AbortSignal;
  readonly lookbackDeltaMs?: number;
}

export interface Engine {
  /** Parses and checks. Throws PromqlError("parse"). */
  parse(query: string): Expr;
  /** Evaluates at one instant, ms since the epoch. Throws PromqlError. */
  instant(
    query: string | Expr,
    timeMs: number,
    source: Source,
    options?: QueryOptions,
  ): Promise<QueryResult>;
  /** Evaluates at startMs, startMs + stepMs, … up to endMs. Throws PromqlError. */
  range(
    query: string | Expr,
    startMs: number,
    endMs: number,
    stepMs: number,
    source: Source,
    options?: QueryOptions,
  ): Promise<QueryResult>;
}
