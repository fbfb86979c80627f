import { Annotations } from "./annotations.ts";
import { ALL_EXPERIMENTAL, check, type Experimental } from "./check.ts";
import { PromqlError } from "./errors.ts";
import { evaluate, scalarColumn } from "./evaluate/evaluate.ts";
import { type Column, mergeSameLabels } from "./evaluate/column.ts";
import { EvaluationContext } from "./evaluate/context.ts";
import { rangeSeries } from "./evaluate/matrix.ts";
import type { Value } from "./evaluate/value.ts";
import { compareLabels } from "./labels.ts";
import { DEFAULT_LIMITS, type EngineLimits } from "./limits.ts";
import type { Expr } from "./parse/ast.ts";
import { parseSyntax } from "./parse/parser.ts";
import type { QueryFrame } from "./plan/frame.ts";
import { planQuery } from "./plan/planner.ts";
import type { QueryResult, QueryValue, VectorSample } from "./result.ts";
import { ABSENT, type Grid, type Source } from "./source.ts";

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
    query: string,
    timeMs: number,
    source: Source,
    options?: QueryOptions,
  ): Promise<QueryResult>;
  /** Evaluates at startMs, startMs + stepMs, … up to endMs. Throws PromqlError. */
  range(
    query: string,
    startMs: number,
    endMs: number,
    stepMs: number,
    source: Source,
    options?: QueryOptions,
  ): Promise<QueryResult>;
}

const NO_EXPERIMENTAL: Experimental = {
  functions: false,
  durationExpressions: false,
  extendedRangeSelectors: false,
  binopFillModifiers: false,
  delayedNameRemoval: false,
  startTimestamps: false,
};

/** Makes an engine. It holds no state between queries and may run any number at once. */
export function createEngine(options: EngineOptions = {}): Engine {
  const limits: EngineLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const experimental = experimentalOf(options.experimental);
  const lookbackDeltaMs = options.lookbackDeltaMs ?? 300_000;
  const defaultSubqueryStepMs = options.defaultSubqueryStepMs ?? 60_000;

  const parse = (query: string): Expr => check(query, parseSyntax(query, limits), experimental);

  const run = async (
    query: string,
    times: Pick<QueryFrame, "startMs" | "endMs" | "stepMs">,
    source: Source,
    { signal, lookbackDeltaMs: lookback = lookbackDeltaMs }: QueryOptions,
  ): Promise<QueryResult> => {
    const plan = planQuery(parse(query), {
      query,
      ...times,
      lookbackDeltaMs: lookback,
      defaultSubqueryStepMs,
    });
    const annotations = new Annotations(query);
    const context = new EvaluationContext({
      source,
      annotations,
      experimental,
      lookbackDeltaMs: lookback,
      signal: signal ?? new AbortController().signal,
      limits,
      isRangeQuery: times.stepMs > 0,
    });
    const value =
      plan.kind === "matrix"
        ? await rangeSeries(plan, context)
        : answer(await evaluate(plan, context), plan.grid, times.stepMs > 0);
    return {
      value,
      warnings: annotations.warnings,
      infos: annotations.infos,
      stats: { samples: context.samples, series: context.series },
    };
  };

  return {
    parse,
    instant: (query, timeMs, source, queryOptions = {}) =>
      run(query, { startMs: timeMs, endMs: timeMs, stepMs: 0 }, source, queryOptions),
    range: async (query, startMs, endMs, stepMs, source, queryOptions = {}) => {
      checkTimes(startMs, endMs, stepMs, limits);
      return run(query, { startMs, endMs, stepMs }, source, queryOptions);
    },
  };
}

function experimentalOf(wanted: EngineOptions["experimental"]): Experimental {
  if (wanted === true) return ALL_EXPERIMENTAL;
  return { ...NO_EXPERIMENTAL, ...(wanted === false ? {} : wanted) };
}

function checkTimes(startMs: number, endMs: number, stepMs: number, limits: EngineLimits): void {
  if (!(stepMs > 0)) {
    throw new PromqlError(
      "parse",
      "zero or negative query resolution step widths are not accepted. Try a positive integer",
    );
  }
  if (endMs < startMs)
    throw new PromqlError("parse", "end timestamp must not be before start time");
  if (Math.floor((endMs - startMs) / stepMs) + 1 > limits.maxSteps) {
    throw new PromqlError(
      "parse",
      `exceeded maximum resolution of ${limits.maxSteps} points per timeseries. Try decreasing the query resolution (?step=XX)`,
    );
  }
}

function answer(value: Value, grid: Grid, isRange: boolean): QueryValue {
  const timeMs = grid.startMs;
  if (value.type === "string") return { type: "string", timeMs, value: value.value };
  if (value.type === "scalar") {
    if (isRange) return { type: "grid", grid, series: [scalarColumn(value.values)] };
    return { type: "scalar", timeMs, value: value.values[0] ?? Number.NaN };
  }
  const columns = named(value.columns, grid.steps);
  if (!isRange) return { type: "vector", timeMs, samples: columns.flatMap(sampleOf) };
  const series = columns
    .filter((column) => !column.isEmpty)
    .sort((a, b) => compareLabels(a.labels, b.labels));
  return { type: "grid", grid, series };
}

/** Drops the metric names whose removal was put off. */
function named(columns: Column[], steps: number): Column[] {
  const settled = columns.map((column) =>
    column.dropName ? column.relabelled(column.labels.withoutMetric(), false) : column,
  );
  return mergeSameLabels(settled, steps);
}

function sampleOf(column: Column): VectorSample[] {
  if (column.kinds[0] === ABSENT) return [];
  const histogram = column.histogramAt(0);
  const value = column.values[0] ?? Number.NaN;
  return [
    histogram === undefined
      ? { labels: column.labels, value }
      : { labels: column.labels, value, histogram },
  ];
}
