import { createEngine, LogqlError } from "@seaworthy/logql";
import type {
  EngineLimits,
  Expr,
  Grid,
  Labels,
  LinesRequest,
  LogExpr,
  LogLine,
  Matcher,
  Matrix,
  MetricExpr,
  Source,
} from "@seaworthy/logql";
import type { Telemetry } from "../../store/index.ts";
import { bounded } from "../bounded.ts";
import { aggregateInEngine } from "./aggregate.ts";
import { LogCatalogue } from "./catalogue.ts";
import type { IndexStats, StreamsRequest } from "./catalogue.ts";
import { readEntries } from "./entries.ts";
import { WordIndex } from "./line-words.ts";
import { PATTERN_LINES, patternsOf } from "./patterns.ts";
import type { Patterns, PatternsRequest } from "./patterns.ts";
import { findStreams } from "./streams.ts";

/** What bounds one question. */
export interface AskLogsOptions {
  readonly signal?: AbortSignal;
}

/** Questions about logs. All throw LogqlError for a query's fault, StoreError for the store's. */
export interface LogsQuery {
  /** Throws LogqlError. */
  parse(query: string): Expr;
  /** Lines that a query lets through, in the order of the request. */
  lines(
    log: LogExpr,
    request: Omit<LinesRequest, "signal">,
    options?: AskLogsOptions,
  ): Promise<LogLine[]>;
  /** Evaluates a metric query over a grid. */
  metric(expr: MetricExpr, grid: Grid, options?: AskLogsOptions): Promise<Matrix | number>;
  labelNames(request: StreamsRequest, options?: AskLogsOptions): Promise<string[]>;
  labelValues(name: string, request: StreamsRequest, options?: AskLogsOptions): Promise<string[]>;
  series(request: StreamsRequest, options?: AskLogsOptions): Promise<Labels[]>;
  stats(
    matchers: readonly Matcher[],
    request: StreamsRequest,
    options?: AskLogsOptions,
  ): Promise<IndexStats>;
  volume(
    matchers: readonly Matcher[],
    request: StreamsRequest & { readonly stepNs: bigint },
    options?: AskLogsOptions,
  ): Promise<{ readonly labels: Labels; readonly step: number; readonly bytes: number }[]>;
  /** The shapes of the lines that a query lets through. */
  patterns(log: LogExpr, request: PatternsRequest, options?: AskLogsOptions): Promise<Patterns>;
}

export interface LogsQueryLimits extends EngineLimits {
  /** Time for one question, ms. */
  readonly timeoutMs: number;
  /** Streams of one selector. */
  readonly maxStreams: number;
  /** Lines of which patterns are made; of more, about as many are drawn. */
  readonly patternLines: number;
}

const DEFAULT_LIMITS: Pick<LogsQueryLimits, "timeoutMs" | "maxStreams" | "patternLines"> = {
  timeoutMs: 60_000,
  maxStreams: 20_000,
  patternLines: PATTERN_LINES,
};

/** Answers questions about logs from the store. */
export function createLogsQuery(deps: {
  readonly telemetry: Telemetry;
  readonly limits?: Partial<LogsQueryLimits>;
}): LogsQuery {
  const { telemetry } = deps;
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const engine = createEngine({ limits });
  const catalogue = new LogCatalogue(telemetry, limits.maxStreams);
  const words = new WordIndex(telemetry);
  const source: Source = {
    async *entries(request) {
      const { log, signal } = request;
      const streams = await findStreams(
        telemetry,
        log.matchers,
        request,
        limits.maxStreams,
        signal,
      );
      yield* readEntries(telemetry, streams, request);
    },
    async aggregate(expr, grid, signal) {
      const endNs = BigInt(Math.round((grid.startMs + grid.stepMs * grid.count) * 1e3)) * 1000n;
      const startNs =
        BigInt(Math.round((grid.startMs - expr.rangeMs - expr.offsetMs) * 1e3)) * 1000n;
      const { matchers } = expr.log;
      const streams = await findStreams(
        telemetry,
        matchers,
        { startNs, endNs },
        limits.maxStreams,
        signal,
      );
      return aggregateInEngine(telemetry, streams, expr, grid, words, signal);
    },
  };

  const late = () =>
    new LogqlError(
      "limit",
      `the query took longer than ${limits.timeoutMs / 1000} s; ask for less time or fewer streams`,
    );
  const ask = <T>(options: AskLogsOptions, work: (signal: AbortSignal) => Promise<T>) =>
    bounded(limits.timeoutMs, options.signal, late, work);

  return {
    parse: (query) => engine.parse(query),
    lines: (log, request, options = {}) =>
      ask(options, (signal) => engine.lines(log, { ...request, signal }, source)),
    metric: (expr, grid, options = {}) =>
      ask(options, (signal) => engine.metric(expr, grid, source, signal)),
    labelNames: (request, options = {}) =>
      ask(options, (signal) => catalogue.labelNames(request, signal)),
    labelValues: (name, request, options = {}) =>
      ask(options, (signal) => catalogue.labelValues(name, request, signal)),
    series: (request, options = {}) => ask(options, (signal) => catalogue.series(request, signal)),
    stats: (matchers, request, options = {}) =>
      ask(options, (signal) => catalogue.stats(matchers, request, signal)),
    volume: (matchers, request, options = {}) =>
      ask(options, (signal) => catalogue.volume(matchers, request, signal)),
    patterns: (log, request, options = {}) =>
      ask(options, async (signal) => {
        const { maxStreams, patternLines: lookedAt } = limits;
        const streams = await findStreams(telemetry, log.matchers, request, maxStreams, signal);
        return patternsOf(telemetry, streams, log, { ...request, lookedAt }, signal);
      }),
  };
}
