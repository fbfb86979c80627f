import type { LookupPlan } from "../plan/plan.ts";
import { withDerivedHints } from "../histogram/reset.ts";
import { endOf, timeAt } from "../grid.ts";
import type { GridFunction, RawSeries } from "../source.ts";
import { bitsOf, isStaleAt } from "../stale.ts";
import { Column } from "./column.ts";
import type { EvaluationContext } from "./context.ts";
import { eachSeries } from "./read.ts";
import { smoothedLookup } from "./window/smoothed.ts";
import { askGrid } from "./pushdown.ts";

/** The current value of each series at each step, by the source itself or from its samples. */
export async function evaluateLookup(
  plan: LookupPlan,
  context: EvaluationContext,
): Promise<Column[]> {
  const { selector, wanted, windowMs } = plan;
  const smoothed = selector.edges === "smoothed";
  if (!smoothed && wanted !== "start_time") {
    const name: GridFunction = wanted === "time" ? "lookup_time" : "lookup";
    const answer = await askGrid(
      { matchers: selector.matchers, function: name, windowMs },
      selector.sampleGrid,
      context,
    );
    if (answer !== undefined) return named(answer, plan, context);
  }
  const { sampleGrid } = selector;
  const request = {
    matchers: selector.matchers,
    startMs: sampleGrid.startMs - windowMs + 1,
    endMs: endOf(sampleGrid) + (smoothed ? windowMs : 0),
    hints: { function: "", stepMs: sampleGrid.stepMs, windowMs },
  };
  const columns: Column[] = [];
  await eachSeries(request, context, (series) => {
    context.takeSamples(series.times.length + sampleGrid.steps);
    const column = smoothed ? smoothedLookup(series, plan, context) : lookupSeries(series, plan);
    if (!column.isEmpty) columns.push(column);
  });
  return named(columns, plan, context);
}

/** timestamp() is a function: it drops the name, a plain selector keeps it. */
function named(columns: Column[], plan: LookupPlan, context: EvaluationContext): Column[] {
  return plan.wanted === "value" || plan.keepNames === true
    ? columns
    : context.dropNames(columns, plan.grid.steps);
}

function lookupSeries(series: RawSeries, plan: LookupPlan): Column {
  const { sampleGrid } = plan.selector;
  const { times, values, startTimes } = series;
  const histograms =
    plan.selector.deriveHints === true && series.histograms !== undefined
      ? withDerivedHints(series.histograms)
      : series.histograms;
  const column = Column.empty(series.labels, sampleGrid.steps);
  const bits = bitsOf(values);
  let next = 0;
  for (let step = 0; step < sampleGrid.steps; step += 1) {
    const time = timeAt(sampleGrid, step);
    while (next < times.length && (times[next] ?? 0) <= time) next += 1;
    const last = next - 1;
    const sampleTime = times[last];
    if (sampleTime === undefined || sampleTime <= time - plan.windowMs) continue;
    const histogram = histograms?.[last];
    if (isStaleAt(bits, last)) continue;
    if (plan.wanted === "time") column.setFloat(step, sampleTime / 1000);
    else if (plan.wanted === "start_time") {
      const startTime = startTimes?.[last] ?? 0;
      if (startTime !== 0) column.setFloat(step, startTime / 1000);
    } else if (histogram !== undefined) column.setHistogram(step, histogram);
    else column.setFloat(step, values[last] ?? Number.NaN);
  }
  return column;
}
