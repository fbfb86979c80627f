import { compareLabels } from "../labels.ts";
import type { MatrixPlan } from "../plan/plan.ts";
import type { QueryValue } from "../result.ts";
import type { RawSeries } from "../source.ts";
import { bitsOf, isStaleAt } from "../stale.ts";
import type { EvaluationContext } from "./context.ts";
import { evaluate } from "./evaluate.ts";
import { eachSeries } from "./read.ts";
import { timeAt } from "../grid.ts";
import type { Column } from "./column.ts";
import type { Grid } from "../source.ts";
import { columnsOf } from "./value.ts";
import { ABSENT } from "../source.ts";

/** An instant query of a range selector or subquery: the samples in the window themselves. */
export async function rangeSeries(
  { range }: MatrixPlan,
  context: EvaluationContext,
): Promise<QueryValue> {
  const series: RawSeries[] = [];
  if (range.kind === "subquery") {
    const { inner } = range;
    if (inner.grid.steps > 0) {
      for (const column of columnsOf(await evaluate(inner, context))) {
        series.push(present(column, inner.grid));
      }
    }
  } else {
    const { selector, rangeMs } = range;
    const endMs = selector.sampleGrid.startMs;
    const request = {
      matchers: selector.matchers,
      startMs: endMs - rangeMs + 1,
      endMs,
      hints: { function: "", stepMs: 0, windowMs: rangeMs },
    };
    await eachSeries(request, context, (raw) => {
      context.takeSamples(raw.times.length);
      const kept = withoutStale(raw, endMs - rangeMs, endMs);
      if (kept.times.length > 0) series.push(kept);
    });
  }
  return { type: "matrix", series: series.sort((a, b) => compareLabels(a.labels, b.labels)) };
}

function withoutStale(raw: RawSeries, afterMs: number, throughMs: number): RawSeries {
  const bits = bitsOf(raw.values);
  const indexes: number[] = [];
  raw.times.forEach((time, i) => {
    if (time > afterMs && time <= throughMs && !isStaleAt(bits, i)) indexes.push(i);
  });
  return picked(raw, indexes);
}

function picked(raw: RawSeries, indexes: readonly number[]): RawSeries {
  const { histograms } = raw;
  return {
    labels: raw.labels,
    times: Float64Array.from(indexes, (i) => raw.times[i] ?? 0),
    values: Float64Array.from(indexes, (i) => raw.values[i] ?? 0),
    ...(histograms === undefined ? {} : { histograms: indexes.map((i) => histograms[i]) }),
  };
}

function present(column: Column, grid: Grid): RawSeries {
  const steps: number[] = [];
  column.kinds.forEach((kind, step) => {
    if (kind !== ABSENT) steps.push(step);
  });
  const { histograms } = column;
  return {
    labels: column.dropName ? column.labels.withoutMetric() : column.labels,
    times: Float64Array.from(steps, (step) => timeAt(grid, step)),
    values: Float64Array.from(steps, (step) => column.values[step] ?? 0),
    ...(histograms === undefined
      ? {}
      : { histograms: steps.map((step) => column.histogramAt(step)) }),
  };
}
