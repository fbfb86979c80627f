import { formatCompact } from "../number.ts";
import type { Annotations } from "../annotations.ts";
import type { Span } from "../errors.ts";

/**
 * The φ-quantile of values sorted ascending with NaN first: between two of them, their weighted
 * average. −Inf below 0, +Inf above 1, NaN for a NaN quantile or without values.
 */
export function quantileOfSorted(quantile: number, sorted: Float64Array): number {
  const count = sorted.length;
  if (count === 0 || Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return Number.NEGATIVE_INFINITY;
  if (quantile > 1) return Number.POSITIVE_INFINITY;
  const rank = quantile * (count - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(count - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return (sorted[lower] ?? 0) * (1 - weight) + (sorted[upper] ?? 0) * weight;
}

/** Sorts in place, NaN before everything (a typed array's own sort puts NaN last). */
export function sortNanFirst(values: Float64Array): Float64Array {
  values.sort();
  let nans = 0;
  while (nans < values.length && Number.isNaN(values[values.length - 1 - nans])) nans += 1;
  if (nans > 0 && nans < values.length) {
    values.copyWithin(nans, 0, values.length - nans);
    values.fill(Number.NaN, 0, nans);
  }
  return values;
}

export function warnInvalidQuantile(annotations: Annotations, quantile: number, span: Span): void {
  if (quantile >= 0 && quantile <= 1) return;
  const shown = formatCompact(quantile);
  annotations.warn(`quantile value should be between 0 and 1, got ${shown}`, span);
}
