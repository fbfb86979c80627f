import { createEngine, PromqlError } from "@seaworthy/promql";
import type { EngineLimits, Experimental, Expr, Labels, QueryResult } from "@seaworthy/promql";
import type { MetricMetadata } from "../../model/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { Catalogue } from "./catalogue.ts";
import type { Limited, SeriesRequest } from "./catalogue.ts";
import { SeriesIndex } from "./series-index.ts";
import { createSource, promqlErrorOf } from "./source.ts";

/** What bounds one question. */
export interface AskOptions {
  /** Rejects, and stops the work, when it fires. */
  readonly signal?: AbortSignal;
  /** ms; never more than the limits' `timeoutMs`. */
  readonly timeoutMs?: number;
  /** How long a sample stays current, ms. */
  readonly lookbackDeltaMs?: number;
}

/** Questions about metrics. All throw PromqlError for a query's fault, StoreError for the store's. */
export interface MetricsQuery {
  /** Parses and checks; throws PromqlError("parse"). */
  parse(query: string): Expr;
  /** Evaluates at `timeMs`. */
  instant(query: string, timeMs: number, options?: AskOptions): Promise<QueryResult>;
  /** Evaluates at startMs, startMs + stepMs, … up to endMs. */
  range(
    query: string,
    startMs: number,
    endMs: number,
    stepMs: number,
    options?: AskOptions,
  ): Promise<QueryResult>;
  /** Series that were written on the days of the time range, sorted by labels. */
  series(request: SeriesRequest, options?: AskOptions): Promise<Limited<Labels>>;
  /** Names of their labels, sorted. */
  labelNames(request: SeriesRequest, options?: AskOptions): Promise<Limited<string>>;
  /** Values of one of their labels, sorted. */
  labelValues(name: string, request: SeriesRequest, options?: AskOptions): Promise<Limited<string>>;
  /** What metrics are, by name; a metric may be described in several ways. */
  metadata(metric?: string, options?: AskOptions): Promise<Map<string, MetricMetadata[]>>;
}

/** Limits of one question. */
export interface QueryLimits extends Pick<EngineLimits, "maxSamples" | "maxSeries" | "maxSteps"> {
  /** Time for one question, ms. */
  readonly timeoutMs: number;
  /** Series whose labels are kept in memory, of all metrics. */
  readonly maxCachedSeries: number;
}

export const defaultQueryLimits: QueryLimits = {
  maxSamples: 50_000_000,
  maxSeries: 200_000,
  maxSteps: 11_000,
  timeoutMs: 30_000,
  maxCachedSeries: 50_000,
};

/** Answers questions about metrics from the store. */
export function createMetricsQuery(deps: {
  readonly telemetry: Telemetry;
  readonly limits?: Partial<QueryLimits>;
  /** What of PromQL is switched on that Prometheus keeps behind feature flags; default nothing. */
  readonly experimental?: Partial<Experimental>;
}): MetricsQuery {
  const limits = { ...defaultQueryLimits, ...deps.limits };
  const { maxSamples, maxSeries, maxSteps } = limits;
  const engine = createEngine({
    limits: { maxSamples, maxSeries, maxSteps },
    experimental: deps.experimental ?? {},
  });
  const index = new SeriesIndex(deps.telemetry, limits.maxCachedSeries);
  const source = createSource(deps.telemetry, index);
  const catalogue = new Catalogue(deps.telemetry, index, limits.maxSeries);

  /** Runs `work` under the caller's signal and the time limit, and says which of them ended it. */
  async function bounded<T>(
    options: AskOptions,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const timeoutMs = Math.min(options.timeoutMs ?? limits.timeoutMs, limits.timeoutMs);
    const timeout = AbortSignal.timeout(Math.max(0, timeoutMs));
    const signal =
      options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
    try {
      return await work(signal);
    } catch (error) {
      if (options.signal?.aborted === true) {
        throw new PromqlError("canceled", "query was canceled: its caller has gone");
      }
      if (timeout.aborted) {
        throw new PromqlError("timeout", `query timed out after ${timeoutMs / 1000} s`);
      }
      throw promqlErrorOf(error);
    }
  }

  const engineOptions = ({ lookbackDeltaMs }: AskOptions, signal: AbortSignal) => ({
    signal,
    ...(lookbackDeltaMs === undefined ? {} : { lookbackDeltaMs }),
  });

  return {
    parse: (query) => engine.parse(query),
    instant: (query, timeMs, options = {}) =>
      bounded(options, (signal) =>
        engine.instant(query, timeMs, source, engineOptions(options, signal)),
      ),
    range: (query, startMs, endMs, stepMs, options = {}) =>
      bounded(options, (signal) =>
        engine.range(query, startMs, endMs, stepMs, source, engineOptions(options, signal)),
      ),
    series: (request, options = {}) =>
      bounded(options, (signal) => catalogue.series(request, signal)),
    labelNames: (request, options = {}) =>
      bounded(options, (signal) => catalogue.labelNames(request, signal)),
    labelValues: (name, request, options = {}) =>
      bounded(options, (signal) => catalogue.labelValues(name, request, signal)),
    metadata: (metric, options = {}) =>
      bounded(options, (signal) => catalogue.metadata(metric, signal)),
  };
}
