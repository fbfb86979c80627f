import { createEngine, PromqlError } from "@seaworthy/promql";
import type {
  EngineLimits,
  Experimental,
  Expr,
  Labels,
  Matcher,
  QueryContext,
  QueryResult,
  RawSeries,
} from "@seaworthy/promql";
import type { MetricMetadata } from "../../model/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { deadline } from "../bounded.ts";
import { readCardinality } from "./cardinality.ts";
import type { Cardinality, CardinalityRequest } from "./cardinality.ts";
import { Catalogue } from "./catalogue.ts";
import type { Limited, SeriesRequest } from "./catalogue.ts";
import { readExemplars } from "./exemplars.ts";
import type { ExemplarSeries } from "./exemplars.ts";
import { clampTime } from "./samples.ts";
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
  /** The samples of the series that match as they are stored, staleness markers too. */
  samples(
    matchers: readonly Matcher[],
    range: TimeRange,
    options?: AskOptions,
  ): Promise<RawSeries[]>;
  /** Exemplars of the series that match any of the selectors. */
  exemplars(
    selectors: readonly (readonly Matcher[])[],
    range: TimeRange,
    options?: AskOptions,
  ): Promise<ExemplarSeries[]>;
  /** Which metrics and labels make how many series. */
  cardinality(request: CardinalityRequest, options?: AskOptions): Promise<Cardinality>;
  /** Deletes what the series that match any of the selectors have in the time range. */
  remove(
    selectors: readonly (readonly Matcher[])[],
    range: TimeRange,
    options?: AskOptions,
  ): Promise<void>;
  /** Frees the disk space of what was deleted. */
  purge(): Promise<void>;
}

/** ms since 1970, both inclusive. */
export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
}

/** Limits of one question. */
export interface QueryLimits extends Pick<EngineLimits, "maxSamples" | "maxSeries" | "maxSteps"> {
  /** Time for one question, ms. */
  readonly timeoutMs: number;
  /** Exemplars of one answer. */
  readonly maxExemplars: number;
  /** Series whose labels are kept in memory, of all metrics. */
  readonly maxCachedSeries: number;
}

export const defaultQueryLimits: QueryLimits = {
  maxSamples: 50_000_000,
  maxSeries: 200_000,
  maxSteps: 11_000,
  timeoutMs: 30_000,
  maxExemplars: 100_000,
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
    const limit = deadline(timeoutMs, options.signal);
    try {
      return await work(limit.signal);
    } catch (error) {
      if (options.signal?.aborted === true) {
        throw new PromqlError("canceled", "query was canceled: its caller has gone");
      }
      if (limit.isOver) {
        throw new PromqlError("timeout", `query timed out after ${timeoutMs / 1000} s`);
      }
      throw promqlErrorOf(error);
    } finally {
      limit.done();
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
    samples: (matchers, range, options = {}) =>
      bounded(options, async (signal) => {
        const found: RawSeries[] = [];
        const context = countingContext(limits, signal);
        const hints = { function: "", stepMs: 0, windowMs: 0 };
        for await (const series of source.select({ matchers, ...range, hints }, context)) {
          context.takeSeries(1);
          context.takeSamples(series.times.length);
          found.push(series);
        }
        return found;
      }),
    exemplars: (selectors, range, options = {}) =>
      bounded(options, (signal) =>
        readExemplars(
          { telemetry: deps.telemetry, index },
          selectors,
          range,
          limits.maxExemplars,
          signal,
        ),
      ),
    cardinality: (request, options = {}) =>
      bounded(options, (signal) => readCardinality(deps.telemetry, request, signal)),
    remove: (selectors, { startMs, endMs }, options = {}) =>
      bounded(options, async (signal) => {
        const from = clampTime(startMs);
        const to = clampTime(endMs);
        for (const matchers of selectors) {
          const families = await index.match(matchers, from, to, signal);
          const series = families.map(({ family, series: found }) => ({
            family,
            ids: found.map(({ id }) => id),
          }));
          await deps.telemetry.remove(series, from, to);
        }
      }),
    purge: () => deps.telemetry.purge(),
  };
}

/** Counts what a request outside of the engine reads against the same limits. */
function countingContext(
  { maxSamples, maxSeries }: QueryLimits,
  signal: AbortSignal,
): QueryContext {
  let [samples, series] = [0, 0];
  return {
    signal,
    takeSamples(count) {
      samples += count;
      if (samples > maxSamples) {
        throw new PromqlError(
          "limit",
          `the answer has more than ${maxSamples} samples; ask for less`,
        );
      }
    },
    takeSeries(count) {
      series += count;
      if (series > maxSeries) {
        throw new PromqlError(
          "limit",
          `the answer has more than ${maxSeries} series; select fewer`,
        );
      }
    },
    // Samples as they are stored have no place for remarks.
    note() {},
  };
}
