import type { VectorAggregation } from "../ast.ts";
import { labelsKey } from "../labels.ts";
import { emptySeries, grouped, SeriesTable } from "./matrix.ts";
import type { Matrix, Series } from "./matrix.ts";
import { variance } from "./windows.ts";

/** Aggregates series into groups, moment by moment. */
export function aggregate(expr: VectorAggregation, matrix: Matrix, count: number): Matrix {
  const { operator, grouping } = expr;
  if (operator === "sort" || operator === "sort_desc") {
    const direction = operator === "sort" ? 1 : -1;
    return [...matrix].sort((a, b) => direction * ((a.values[0] ?? 0) - (b.values[0] ?? 0)));
  }
  const groups = new SeriesTable<Series[]>(() => []);
  for (const series of matrix) groups.get(grouped(series.labels, grouping)).push(series);
  const result: Series[] = [];
  for (const { labels, item } of groups.values()) {
    if (operator === "topk" || operator === "bottomk") {
      result.push(...extreme(item, count, operator === "topk", expr.parameter ?? 1));
      continue;
    }
    const series = emptySeries(labels, count);
    for (let i = 0; i < count; i += 1) {
      const values = item.flatMap(({ present, values: all }) =>
        present[i] === 1 ? [all[i] ?? 0] : [],
      );
      if (values.length === 0) continue;
      series.values[i] = reduce(operator, values);
      series.present[i] = 1;
    }
    result.push(series);
  }
  return result;
}

function reduce(operator: VectorAggregation["operator"], values: readonly number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  switch (operator) {
    case "count":
      return values.length;
    case "avg":
      return sum / values.length;
    case "min":
      return values.reduce((a, b) => (b < a || Number.isNaN(a) ? b : a));
    case "max":
      return values.reduce((a, b) => (b > a || Number.isNaN(a) ? b : a));
    case "stdvar":
      return variance(values);
    case "stddev":
      return Math.sqrt(variance(values));
    default:
      return sum;
  }
}

/**
 * At each moment the `k` series with the largest (smallest) values, under their own labels. Between
 * equal ones the labels decide, so that the same question has the same answer.
 */
function extreme(series: readonly Series[], count: number, largest: boolean, k: number): Series[] {
  const keys = new Map(series.map((each) => [each, labelsKey(each.labels)] as const));
  const group = series.toSorted((a, b) => ((keys.get(a) ?? "") < (keys.get(b) ?? "") ? -1 : 1));
  const kept = group.map(({ labels }) => emptySeries(labels, count));
  const sign = largest ? -1 : 1;
  for (let i = 0; i < count; i += 1) {
    const order = group
      .map((series, index) => ({ index, series }))
      .filter(({ series }) => series.present[i] === 1)
      .sort((a, b) => compare(a.series.values[i] ?? 0, b.series.values[i] ?? 0, sign));
    for (const { index, series } of order.slice(0, k)) {
      const to = kept[index];
      if (to === undefined) continue;
      to.values[i] = series.values[i] ?? 0;
      to.present[i] = 1;
    }
  }
  const some = kept.filter(({ present }) => present.includes(1));
  if (count !== 1) return some;
  return some.sort((a, b) => compare(a.values[0] ?? 0, b.values[0] ?? 0, sign));
}

/** NaN comes last either way. */
function compare(a: number, b: number, sign: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return sign * (a - b);
}
