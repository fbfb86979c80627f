import { PromqlError } from "../../errors.ts";
import { endOf, timeAt } from "../../grid.ts";
import { pinnedMetricName } from "../../matchers.ts";
import type { Labels } from "../../labels.ts";
import type { RangePlan, WindowPlan } from "../../plan/plan.ts";
import { FLOAT, type GridFunction, type GridRequest, HISTOGRAM } from "../../source.ts";
import { Column } from "../column.ts";
import type { EvaluationContext } from "../context.ts";
import { askGrid } from "../pushdown.ts";
import { eachSeries } from "../read.ts";
import { columnsOf, type Value } from "../value.ts";
import { FOR_COUNTERS, KEEPS_NAME, windowFunction } from "./functions.ts";
import { plainRateKind, slidePlainRate } from "./plain-rate.ts";
import { windowSeries, windowSeriesOfColumn } from "./series.ts";
import { Cell, type Window, type WindowFunction, type WindowSeries } from "./window.ts";

type Evaluate = (plan: RangePlan & { kind: "subquery" }) => Promise<Value>;

const GRID_FUNCTIONS: ReadonlySet<string> = new Set<GridFunction>([
  "avg_over_time",
  "changes",
  "count_over_time",
  "delta",
  "deriv",
  "first_over_time",
  "idelta",
  "increase",
  "irate",
  "last_over_time",
  "max_over_time",
  "min_over_time",
  "predict_linear",
  "present_over_time",
  "quantile_over_time",
  "rate",
  "resets",
  "stddev_over_time",
  "stdvar_over_time",
  "sum_over_time",
]);
/** Functions whose result depends on samples' start times, where those are in use. */
const START_TIME_FUNCTIONS: ReadonlySet<string> = new Set(["rate", "increase", "irate", "resets"]);
const COUNTER_SUFFIX = /_(?:total|sum|count|bucket)$/;

/** Evaluates a function over windows, by the source itself or from samples. */
export async function evaluateWindow(
  plan: WindowPlan,
  args: readonly Float64Array[],
  context: EvaluationContext,
  evaluate: Evaluate,
): Promise<Column[]> {
  const request = windowRequest(plan, context);
  const columns =
    (request === undefined
      ? undefined
      : await askGrid(request, sampleGridOf(plan.range), context)) ??
    (await fromSamples(plan, args, context, evaluate));
  for (const column of columns) noteNonCounter(plan, column.labels, column, context);
  return KEEPS_NAME.has(plan.function) ? columns : context.dropNames(columns, plan.grid.steps);
}

/** What to ask a source for, undefined where a source cannot know the answer. */
export function windowRequest(
  plan: WindowPlan,
  context: EvaluationContext,
): Omit<GridRequest, "grid"> | undefined {
  const { range } = plan;
  if (range.kind !== "samples" || range.selector.edges !== undefined) return undefined;
  if (!GRID_FUNCTIONS.has(plan.function)) return undefined;
  if (context.experimental.startTimestamps && START_TIME_FUNCTIONS.has(plan.function)) {
    return undefined;
  }
  const base = {
    matchers: range.selector.matchers,
    function: plan.function as GridFunction,
    windowMs: range.rangeMs,
  };
  if (plan.args.length === 0) return base;
  const [arg] = plan.args;
  if (arg?.kind !== "number") return undefined;
  // predict_linear counts from the time of evaluation, which the source is not told of.
  const moved = range.selector.sampleGrid.startMs !== plan.grid.startMs;
  if (plan.function === "predict_linear" && moved) return undefined;
  // A quantile outside 0 to 1 calls for a warning where there are samples.
  if (plan.function === "quantile_over_time" && !(arg.value >= 0 && arg.value <= 1)) {
    return undefined;
  }
  return { ...base, parameter: arg.value };
}

/** Whether the name alone settles if a note is due about a metric that is not a counter. */
export function notesKnownByName(plan: WindowPlan): boolean {
  if (!FOR_COUNTERS.has(plan.function) || plan.range.kind !== "samples") return true;
  const name = pinnedMetricName(plan.range.selector.matchers);
  return name !== undefined && COUNTER_SUFFIX.test(name);
}

/** Says that a rate was asked of a metric that is not named as a counter. */
export function noteNonCounter(
  plan: WindowPlan,
  labels: Labels,
  { kinds }: Column,
  context: EvaluationContext,
): void {
  if (!FOR_COUNTERS.has(plan.function)) return;
  const name = labels.metricName;
  if (name === "" || COUNTER_SUFFIX.test(name) || !kinds.includes(FLOAT)) return;
  context.annotations.info(
    `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${JSON.stringify(name)}`,
    plan.range.span,
  );
}

export function sampleGridOf(range: RangePlan): {
  readonly startMs: number;
  readonly stepMs: number;
  readonly steps: number;
} {
  return range.kind === "samples" ? range.selector.sampleGrid : range.sampleGrid;
}

async function fromSamples(
  plan: WindowPlan,
  args: readonly Float64Array[],
  context: EvaluationContext,
  evaluate: Evaluate,
): Promise<Column[]> {
  const edges = plan.range.kind === "samples" ? plan.range.selector.edges : undefined;
  const compute = windowFunction(plan.function, edges);
  if (compute === undefined) {
    throw new PromqlError("unsupported", `function "${plan.function}" is not offered`, plan.span);
  }
  const columns: Column[] = [];
  await eachWindowSeries(plan.range, plan.function, context, evaluate, (labels, series, source) => {
    const column = Column.empty(labels, plan.grid.steps, source?.dropName);
    slide(plan, compute, series, args, context, column);
    if (!column.isEmpty) columns.push(column);
  });
  return columns;
}

/** Hands each of the range's series to `use`, one at a time, so that few are in memory at once. */
export async function eachWindowSeries(
  range: RangePlan,
  functionName: string,
  context: EvaluationContext,
  evaluate: Evaluate,
  use: (labels: Labels, series: WindowSeries, source: Column | undefined) => void,
): Promise<void> {
  if (range.kind === "subquery") {
    const columns = columnsOf(await evaluate(range));
    for (const column of columns) {
      context.checkAborted();
      use(column.labels, windowSeriesOfColumn(column, range.inner.grid), column);
    }
    return;
  }
  const { selector, rangeMs } = range;
  const { sampleGrid, edges } = selector;
  const before = edges === undefined ? 0 : context.lookbackDeltaMs;
  const after = edges === "smoothed" ? context.lookbackDeltaMs : 0;
  const request = {
    matchers: selector.matchers,
    startMs: sampleGrid.startMs - rangeMs - before + 1,
    endMs: endOf(sampleGrid) + after,
    hints: { function: functionName, stepMs: sampleGrid.stepMs, windowMs: rangeMs },
  };
  const options = {
    useStartTimes: context.experimental.startTimestamps,
    deriveHints: selector.deriveHints === true,
  };
  await eachSeries(request, context, (raw) => {
    context.takeSamples(raw.times.length + sampleGrid.steps);
    use(raw.labels, windowSeries(raw, options), undefined);
  });
}

/** Moves the window over the series, step by step; both ends only ever go forward. */
export function slide(
  plan: WindowPlan,
  compute: WindowFunction,
  series: WindowSeries,
  args: readonly Float64Array[],
  context: EvaluationContext,
  column: Column,
): void {
  const { range, grid } = plan;
  const sampleGrid = sampleGridOf(range);
  const edges = range.kind === "samples" ? range.selector.edges : undefined;
  const rate = edges === undefined ? plainRateKind(plan.function, series) : undefined;
  if (rate !== undefined) {
    slidePlainRate(series, { ...sampleGrid, steps: grid.steps }, range.rangeMs, rate, column);
    return;
  }
  const before = edges === undefined ? 0 : context.lookbackDeltaMs;
  const after = edges === "smoothed" ? context.lookbackDeltaMs : 0;
  const { steps } = grid;
  const cell = new Cell();
  const window: Window = {
    series,
    low: 0,
    high: 0,
    histogramLow: 0,
    histogramHigh: 0,
    startMs: 0,
    endMs: 0,
    step: 0,
    evaluationMs: 0,
    args,
    annotations: context.annotations,
    rangeSpan: range.span,
    callSpan: plan.span,
  };
  const { times, histogramTimes } = series;
  const floats = times.length;
  const histograms = histogramTimes.length;
  for (let step = 0; step < steps; step += 1) {
    window.step = step;
    window.endMs = timeAt(sampleGrid, step);
    window.startMs = window.endMs - range.rangeMs;
    window.evaluationMs = timeAt(grid, step);
    const from = window.startMs - before;
    const to = window.endMs + after;
    while (window.high < floats && (times[window.high] ?? 0) <= to) window.high += 1;
    while (window.low < window.high && (times[window.low] ?? 0) <= from) window.low += 1;
    if (histograms > 0) {
      while (window.histogramHigh < histograms && (histogramTimes[window.histogramHigh] ?? 0) <= to)
        window.histogramHigh += 1;
      while (
        window.histogramLow < window.histogramHigh &&
        (histogramTimes[window.histogramLow] ?? 0) <= from
      )
        window.histogramLow += 1;
    }
    cell.kind = 0;
    compute(window, cell);
    if (cell.kind === FLOAT) column.setFloat(step, cell.value);
    else if (cell.kind === HISTOGRAM && cell.histogram !== undefined) {
      column.setHistogram(step, cell.histogram);
    }
  }
}
