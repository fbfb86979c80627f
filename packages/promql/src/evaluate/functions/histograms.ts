import { PromqlError, type Span } from "../../errors.ts";
import { classicFraction, type ClassicBucket, classicQuantile } from "../../histogram/classic.ts";
import type { NativeHistogram } from "../../histogram/histogram.ts";
import { histogramFraction, histogramQuantile, type NanEffect } from "../../histogram/quantile.ts";
import { histogramVariance } from "../../histogram/statistics.ts";
import type { Labels } from "../../labels.ts";
import { formatOpenMetrics, parseFloatStrictly } from "../../number.ts";
import { isValidText, quoted } from "../../quote.ts";
import { timeAt } from "../../grid.ts";
import { FLOAT, type Grid, HISTOGRAM } from "../../source.ts";
import { Column, mergeSameLabels } from "../column.ts";
import type { EvaluationContext } from "../context.ts";
import { warnInvalidQuantile } from "../quantile.ts";
import { forMetric } from "../window/notes.ts";

const BUCKET = "le";
const NOT_LE: ReadonlySet<string> = new Set([BUCKET]);

const PARTS: Readonly<Record<string, (histogram: NativeHistogram) => number>> = {
  histogram_avg: ({ sum, count }) => sum / count,
  histogram_count: ({ count }) => count,
  histogram_stddev: (histogram) => Math.sqrt(histogramVariance(histogram)),
  histogram_stdvar: histogramVariance,
  histogram_sum: ({ sum }) => sum,
};

/** A function from a native histogram to a number, by name. */
export function histogramPart(name: string): ((histogram: NativeHistogram) => number) | undefined {
  return PARTS[name];
}

/** Applies a function to every histogram; floats are left out. */
export function mapHistograms(
  columns: readonly Column[],
  steps: number,
  change: (histogram: NativeHistogram) => number,
): Column[] {
  const mapped = columns.map((column) => {
    const result = Column.empty(column.labels, steps, column.dropName);
    for (let step = 0; step < steps; step += 1) {
      const histogram = column.histogramAt(step);
      if (histogram !== undefined) result.setFloat(step, change(histogram));
    }
    return result;
  });
  return mapped.filter((column) => !column.isEmpty);
}

/** The series that together are one histogram: classic buckets, or a native one. */
interface Group {
  readonly labels: Labels;
  readonly name: string;
  readonly buckets: { readonly upperBound: number; readonly column: Column }[];
  readonly natives: Column[];
  dropName: boolean;
}

interface Estimate {
  readonly steps: number;
  /** Where the histograms' argument stands, and the call's other end of notes. */
  readonly span: Span;
  readonly classic: (buckets: readonly ClassicBucket[], step: number, group: Group) => number;
  readonly native: (histogram: NativeHistogram, step: number, group: Group) => number;
}

function grouped(columns: readonly Column[], context: EvaluationContext, span: Span): Group[] {
  const groups = new Map<string, Group>();
  const groupOf = (column: Column, labels: Labels): Group => {
    let group = groups.get(labels.key);
    if (group === undefined) {
      const name = column.labels.metricName;
      group = { labels, name, buckets: [], natives: [], dropName: column.dropName };
      groups.set(labels.key, group);
    }
    return group;
  };
  for (const column of columns) {
    if (column.kinds.includes(HISTOGRAM)) groupOf(column, column.labels).natives.push(column);
    if (!column.kinds.includes(FLOAT)) continue;
    const le = column.labels.get(BUCKET);
    const upperBound = parseFloatStrictly(le);
    if (upperBound === undefined) {
      context.annotations.warn(
        `bucket label "le" is missing or has a malformed value of ${JSON.stringify(le)}${forMetric(column.labels.metricName)}`,
        span,
      );
      continue;
    }
    groupOf(column, column.labels.without(NOT_LE)).buckets.push({ upperBound, column });
  }
  return [...groups.values()];
}

function estimate(
  columns: readonly Column[],
  context: EvaluationContext,
  { steps, span, classic, native }: Estimate,
): Column[] {
  const results: Column[] = [];
  for (const group of grouped(columns, context, span)) {
    const result = Column.empty(group.labels, steps, group.dropName);
    for (let step = 0; step < steps; step += 1) {
      const buckets: ClassicBucket[] = [];
      for (const { upperBound, column } of group.buckets) {
        if (column.kinds[step] === FLOAT) {
          buckets.push({ upperBound, count: column.values[step] ?? 0 });
        }
      }
      const histogram = group.natives
        .map((column) => column.histogramAt(step))
        .find((found) => found !== undefined);
      if (histogram !== undefined && buckets.length > 0) {
        context.annotations.warn(
          `vector contains a mix of classic and native histograms${forMetric(group.name)}`,
          span,
        );
      } else if (histogram !== undefined) result.setFloat(step, native(histogram, step, group));
      else if (buckets.length > 0) result.setFloat(step, classic(buckets, step, group));
    }
    if (!result.isEmpty) results.push(result);
  }
  return results;
}

export interface HistogramCall {
  readonly grid: Grid;
  /** Where the argument with the histograms stands. */
  readonly span: Span;
}

/** histogram_quantile(q, v). */
export function quantiles(
  columns: readonly Column[],
  quantile: { readonly values: Float64Array; readonly span: Span },
  { grid, span }: HistogramCall,
  context: EvaluationContext,
): Column[] {
  const { annotations } = context;
  const { steps } = grid;
  for (const value of quantile.values) warnInvalidQuantile(annotations, value, quantile.span);
  return estimate(columns, context, {
    steps,
    span,
    classic(buckets, step, { name }) {
      const { value, forced } = classicQuantile(quantile.values[step] ?? 0, buckets);
      if (forced !== undefined) {
        annotations.infoForced(
          `input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)${forMetric(name)}`,
          span,
          forced,
          timeAt(grid, step),
        );
      }
      return value;
    },
    native(histogram, step, { name }) {
      const { value, nan } = histogramQuantile(quantile.values[step] ?? 0, histogram);
      noteNan(context, "histogram_quantile", nan, name, span);
      return value;
    },
  });
}

/** histogram_quantiles(v, label, q…): one series for each quantile, told apart by the label. */
export function labelledQuantiles(
  columns: readonly Column[],
  label: string,
  wanted: readonly { readonly values: Float64Array; readonly span: Span }[],
  call: HistogramCall,
  context: EvaluationContext,
): Column[] {
  if (label === "" || !isValidText(label)) {
    const message = `invalid label name ${quoted(label)} in histogram_quantiles()`;
    throw new PromqlError("execution", message, call.span);
  }
  const results: Column[] = [];
  for (const quantile of wanted) {
    const byValue = new Map<string, number[]>();
    quantile.values.forEach((value, step) => {
      const shown = formatOpenMetrics(value);
      const steps = byValue.get(shown) ?? [];
      steps.push(step);
      byValue.set(shown, steps);
    });
    const estimated = quantiles(columns, quantile, call, context);
    for (const [shown, steps] of byValue) {
      for (const column of estimated) {
        const labels = column.labels.with(label, shown);
        const labelled = Column.empty(labels, call.grid.steps, column.dropName);
        for (const step of steps) labelled.copy(step, column);
        if (!labelled.isEmpty) results.push(labelled);
      }
    }
  }
  return mergeSameLabels(results, call.grid.steps);
}

/** histogram_fraction(lower, upper, v). */
export function fractions(
  columns: readonly Column[],
  lower: Float64Array,
  upper: Float64Array,
  { grid, span }: HistogramCall,
  context: EvaluationContext,
): Column[] {
  const { steps } = grid;
  return estimate(columns, context, {
    steps,
    span,
    classic: (buckets, step) => classicFraction(lower[step] ?? 0, upper[step] ?? 0, buckets),
    native(histogram, step, { name }) {
      const { value, nan } = histogramFraction(lower[step] ?? 0, upper[step] ?? 0, histogram);
      noteNan(context, "histogram_fraction", nan, name, span);
      return value;
    },
  });
}

function noteNan(
  { annotations }: EvaluationContext,
  call: string,
  effect: NanEffect,
  name: string,
  span: Span,
): void {
  if (effect === "none") return;
  const consequence =
    call === "histogram_fraction"
      ? "which are excluded from all fractions"
      : effect === "result"
        ? "result is NaN"
        : "result is skewed higher";
  annotations.info(`input to ${call} has NaN observations, ${consequence}${forMetric(name)}`, span);
}
