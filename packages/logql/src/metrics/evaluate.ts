import { RE2JS } from "re2js";
import type { Grouping, MetricExpr, RangeAggregation, VectorAggregation } from "../ast.ts";
import { LogqlError } from "../errors.ts";
import type { Labels } from "../labels.ts";
import type { EngineLimits } from "../limits.ts";
import type { Grid, Source } from "../source.ts";
import { aggregate } from "./aggregate.ts";
import { combine } from "./binary.ts";
import type { Side } from "./binary.ts";
import { emptySeries, SeriesTable } from "./matrix.ts";
import type { Matrix, Series } from "./matrix.ts";
import { rangeOverLines, tooManySeries } from "./range.ts";

export interface MetricContext {
  readonly grid: Grid;
  readonly source: Source;
  readonly limits: EngineLimits;
  readonly signal: AbortSignal | undefined;
}

/** Evaluates a metric query over the grid. Throws LogqlError. */
export async function evaluate(expr: MetricExpr, context: MetricContext): Promise<Side> {
  const { grid } = context;
  switch (expr.kind) {
    case "number":
      return expr.value;
    case "constant": {
      const series = emptySeries({}, grid.count);
      series.values.fill(expr.value);
      series.present.fill(1);
      return [series];
    }
    case "range":
      return range(expr, context);
    case "vector":
      return vector(expr, context);
    case "label_replace":
      return replaceLabels(expr, matrixOf(await evaluate(expr.expr, context), context));
    default: {
      const left = await evaluate(expr.left, context);
      return combine(expr, left, await evaluate(expr.right, context), grid.count);
    }
  }
}

function matrixOf(side: Side, { grid }: MetricContext): Matrix {
  if (typeof side !== "number") return side;
  const series = emptySeries({}, grid.count);
  series.values.fill(side);
  series.present.fill(1);
  return [series];
}

async function range(expr: RangeAggregation, context: MetricContext): Promise<Matrix> {
  const { grid, source, limits, signal } = context;
  const known = await source.aggregate?.(expr, grid, signal);
  if (known === undefined) return rangeOverLines(expr, grid, source, limits, signal);
  if (known.length > limits.maxSeries) throw tooManySeries(limits);
  return known;
}

/** Sums of sums, and the like: whose groups may be formed as lines are counted. */
const SAME: Readonly<Record<string, ReadonlySet<string>>> = {
  sum: new Set(["count_over_time", "rate", "bytes_over_time", "bytes_rate", "sum_over_time"]),
  min: new Set(["min_over_time"]),
  max: new Set(["max_over_time"]),
};

async function vector(expr: VectorAggregation, context: MetricContext): Promise<Matrix> {
  const { operator, expr: inner } = expr;
  if (
    inner.kind === "range" &&
    inner.grouping === undefined &&
    SAME[operator]?.has(inner.operator)
  ) {
    const grouping: Grouping = expr.grouping ?? { without: false, labels: [] };
    return range({ ...inner, grouping: withoutUnwrapped(grouping, inner) }, context);
  }
  const matrix = matrixOf(await evaluate(inner, context), context);
  return aggregate(expr, matrix, context.grid.count);
}

/** The label that is unwrapped is no label of the result: nothing can be grouped by it. */
function withoutUnwrapped(grouping: Grouping, { unwrap }: RangeAggregation): Grouping {
  if (unwrap === undefined || grouping.without) return grouping;
  return { ...grouping, labels: grouping.labels.filter((label) => label !== unwrap.label) };
}

function replaceLabels(
  expr: Extract<MetricExpr, { kind: "label_replace" }>,
  matrix: Matrix,
): Matrix {
  const pattern = RE2JS.compile(`^(?s:${expr.pattern})$`);
  const table = new SeriesTable<{ series: Series | undefined }>(() => ({ series: undefined }));
  for (const series of matrix) {
    const matcher = pattern.matcher(series.labels[expr.source] ?? "");
    let { labels } = series;
    if (matcher.matches()) {
      const value = expr.replacement.replace(
        /\$(?:\{(\w+)\}|(\w+)|\$)/g,
        (whole, braced?: string, bare?: string) => {
          if (whole === "$$") return "$";
          const name = braced ?? bare ?? "";
          const index = /^\d+$/.test(name) ? Number(name) : pattern.namedGroups()[name];
          return index === undefined || index > matcher.groupCount()
            ? ""
            : (matcher.group(index) ?? "");
        },
      );
      const next: Record<string, string> = { ...labels, [expr.target]: value };
      if (value === "") delete next[expr.target];
      labels = next satisfies Labels;
    }
    const cell = table.get(labels);
    if (cell.series !== undefined) {
      throw new LogqlError("execution", "label_replace makes two series alike");
    }
    cell.series = { ...series, labels };
  }
  return [...table.values()].flatMap(({ item }) =>
    item.series === undefined ? [] : [item.series],
  );
}
