import { timeAt } from "../../grid.ts";
import type { LookupPlan } from "../../plan/plan.ts";
import type { RawSeries } from "../../source.ts";
import { Column } from "../column.ts";
import type { EvaluationContext } from "../context.ts";
import { interpolateFloat, interpolateHistogram } from "./interpolate.ts";
import { warnMixedSchemas, warnMixedTypes } from "./notes.ts";
import { windowSeries } from "./series.ts";

/** `x smoothed`: at each step the value on the line between the samples around it. */
export function smoothedLookup(
  raw: RawSeries,
  plan: LookupPlan,
  context: EvaluationContext,
): Column {
  const { sampleGrid, span } = plan.selector;
  const { windowMs } = plan;
  const series = windowSeries(raw, {});
  const column = Column.empty(raw.labels, sampleGrid.steps);
  for (let step = 0; step < sampleGrid.steps; step += 1) {
    const time = timeAt(sampleGrid, step);
    const around = { from: time - windowMs, time, to: time + windowMs };
    const floats = neighbours(series.times, around);
    const histograms = neighbours(series.histogramTimes, around);
    if (floats.any && histograms.any) {
      warnMixedTypes(context.annotations, series.name, span);
      continue;
    }
    const { before, after } = floats.any ? floats : histograms;
    if (before === -1) continue;
    if (floats.any) {
      const point = (i: number): { time: number; value: number } => ({
        time: series.times[i] ?? 0,
        value: series.values[i] ?? 0,
      });
      const exact = after === -1 || point(before).time === time;
      column.setFloat(
        step,
        exact ? point(before).value : interpolateFloat(point(before), point(after), time, false),
      );
      continue;
    }
    const left = series.histograms[before];
    const right = series.histograms[after];
    if (left === undefined) continue;
    const leftTime = series.histogramTimes[before] ?? 0;
    if (right === undefined || leftTime === time) {
      column.setHistogram(step, left);
      continue;
    }
    const value = interpolateHistogram(
      { time: leftTime, value: left },
      { time: series.histogramTimes[after] ?? 0, value: right },
      time,
      right.counterResetHint !== "gauge",
    );
    if (value === undefined) warnMixedSchemas(context.annotations, series.name, span);
    else column.setHistogram(step, value);
  }
  return column;
}

/** The last sample at or before a time and the first after it, −1 where there is none in reach. */
function neighbours(
  times: Float64Array,
  around: { readonly from: number; readonly time: number; readonly to: number },
): { before: number; after: number; any: boolean } {
  let before = -1;
  let after = -1;
  for (let i = 0; i < times.length; i += 1) {
    const at = times[i] ?? 0;
    if (at > around.to) break;
    if (at > around.time) {
      after = i;
      break;
    }
    if (at > around.from) before = i;
  }
  return { before, after, any: before !== -1 || after !== -1 };
}
