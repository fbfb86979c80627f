import type { Binary } from "../ast.ts";
import { LogqlError } from "../errors.ts";
import { formatLabels, labelsKey } from "../labels.ts";
import type { Labels } from "../labels.ts";
import { emptySeries } from "./matrix.ts";
import type { Matrix, Series } from "./matrix.ts";

/** A side of an operator: series, or a number. */
export type Side = Matrix | number;

/** Combines two sides moment by moment, matching series by their labels. Throws LogqlError. */
export function combine(expr: Binary, left: Side, right: Side, count: number): Side {
  const { operator } = expr;
  if (typeof left === "number" && typeof right === "number") {
    return compute(operator, left, right).value;
  }
  if (typeof left === "number") {
    return (right as Matrix).map((series) => withNumber(expr, series, (v) => [left, v]));
  }
  if (typeof right === "number") {
    return left.map((series) => withNumber(expr, series, (v) => [v, right]));
  }
  if (operator === "and" || operator === "or" || operator === "unless") {
    return combineSets(expr, left, right, count);
  }
  return combineVectors(expr, left, right, count);
}

/** The result of an operator, and for comparisons whether it holds. */
function compute(operator: Binary["operator"], a: number, b: number) {
  const comparison = {
    "==": a === b,
    "!=": a !== b,
    ">": a > b,
    ">=": a >= b,
    "<": a < b,
    "<=": a <= b,
  }[operator as string];
  if (comparison !== undefined) return { value: Number(comparison), holds: comparison };
  const value =
    { "+": a + b, "-": a - b, "*": a * b, "/": a / b, "%": a % b, "^": a ** b }[
      operator as string
    ] ?? Number.NaN;
  return { value, holds: undefined };
}

function isComparison({ operator }: Binary): boolean {
  return ["==", "!=", ">", ">=", "<", "<="].includes(operator);
}

function withNumber(
  expr: Binary,
  series: Series,
  sides: (value: number) => readonly [number, number],
): Series {
  const result = emptySeries(series.labels, series.values.length);
  for (let i = 0; i < series.values.length; i += 1) {
    if (series.present[i] !== 1) continue;
    const own = series.values[i] ?? 0;
    const { value, holds } = compute(expr.operator, ...sides(own));
    if (holds === false && !expr.bool) continue;
    result.values[i] = holds === undefined || expr.bool ? value : own;
    result.present[i] = 1;
  }
  return result;
}

/** What two series must share to be matched. */
function signature({ matching }: Binary, labels: Labels): Labels {
  const kept: Record<string, string> = {};
  for (const name in labels) {
    if (matching.labels.includes(name) === matching.on) kept[name] = labels[name] ?? "";
  }
  return kept;
}

function bySignature(expr: Binary, matrix: Matrix): Map<string, Series[]> {
  const found = new Map<string, Series[]>();
  for (const series of matrix) {
    const key = labelsKey(signature(expr, series.labels));
    const list = found.get(key) ?? [];
    found.set(key, list);
    list.push(series);
  }
  return found;
}

function combineSets(expr: Binary, left: Matrix, right: Matrix, count: number): Matrix {
  const presence = (matrix: Matrix) => {
    const found = new Map<string, Uint8Array>();
    for (const [key, list] of bySignature(expr, matrix)) {
      const somewhere = new Uint8Array(count);
      for (const { present } of list) present.forEach((is, i) => (somewhere[i] ||= is));
      found.set(key, somewhere);
    }
    return found;
  };
  const other = presence(expr.operator === "or" ? left : right);
  const wanted = expr.operator === "and" ? 1 : 0;
  const filter = (series: Series): Series => {
    const there = other.get(labelsKey(signature(expr, series.labels)));
    const present = series.present.map((is, i) =>
      is === 1 && (there?.[i] ?? 0) === wanted ? 1 : 0,
    );
    return { ...series, present };
  };
  if (expr.operator !== "or") return left.map(filter);
  return [...left, ...right.map(filter)];
}

function combineVectors(expr: Binary, left: Matrix, right: Matrix, count: number): Matrix {
  const { group } = expr.matching;
  const [many, one] = group === "right" ? [right, left] : [left, right];
  const partners = bySignature(expr, one);
  const results = new Map<string, Series>();
  for (const series of many) {
    for (const partner of partners.get(labelsKey(signature(expr, series.labels))) ?? []) {
      const labels = resultLabels(expr, series.labels, partner.labels);
      const key = labelsKey(labels);
      const result = results.get(key) ?? emptySeries(labels, count);
      results.set(key, result);
      for (let i = 0; i < count; i += 1) {
        if (series.present[i] !== 1 || partner.present[i] !== 1) continue;
        const [manyValue, oneValue] = [series.values[i] ?? 0, partner.values[i] ?? 0];
        const [a, b] = group === "right" ? [oneValue, manyValue] : [manyValue, oneValue];
        if (result.present[i] === 1) {
          throw new LogqlError(
            "execution",
            `found duplicate series for the match group ${formatLabels(signature(expr, series.labels))}; matching labels must be unique on one side`,
          );
        }
        const { value, holds } = compute(expr.operator, a, b);
        if (holds === false && !expr.bool) continue;
        result.values[i] = holds === undefined || expr.bool ? value : a;
        result.present[i] = 1;
      }
    }
  }
  return [...results.values()];
}

function resultLabels(expr: Binary, many: Labels, one: Labels): Labels {
  const { on, labels, group, include } = expr.matching;
  if (group === "one") {
    if (isComparison(expr) && !expr.bool && !on && labels.length === 0) return many;
    return signature(expr, many);
  }
  const result: Record<string, string> = { ...many };
  for (const name of include) {
    const value = one[name] ?? "";
    if (value === "") delete result[name];
    else result[name] = value;
  }
  return result;
}
