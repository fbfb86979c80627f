import { PromqlError } from "../../errors.ts";
import { formatCompact } from "../../number.ts";
import { ABSENT, FLOAT } from "../../source.ts";
import { Column } from "../column.ts";
import type { AggregationGroup } from "./grouping.ts";
import { labelsHashShare } from "./hash.ts";
import { noteIgnored, type Reduction } from "./reduce.ts";

/** Aggregations that keep some of the series as they are. */
export type Selection = (
  groups: readonly AggregationGroup[],
  parameter: Float64Array,
  reduction: Reduction,
) => Column[];

/** The outputs for a selection: empty copies of its inputs, filled step by step. */
class Kept {
  readonly #bySource = new Map<Column, Column>();
  readonly #steps: number;

  constructor(steps: number) {
    this.#steps = steps;
  }

  keep(step: number, source: Column): void {
    let target = this.#bySource.get(source);
    if (target === undefined) {
      target = Column.empty(source.labels, this.#steps, source.dropName);
      this.#bySource.set(source, target);
    }
    target.copy(step, source);
  }

  get columns(): Column[] {
    return [...this.#bySource.values()];
  }
}

/** topk and bottomk: the k largest or smallest floats of each group, in that order. */
export function ranked(largest: boolean): Selection {
  const operator = largest ? "topk" : "bottomk";
  return (groups, parameter, reduction) => {
    const kept = new Kept(reduction.steps);
    const counts = wholeNumbers(parameter);
    for (const group of groups) {
      for (const column of group.columns) noteIgnored(column, operator, reduction);
      for (let step = 0; step < reduction.steps; step += 1) {
        const count = counts[step] ?? 0;
        if (count < 1) continue;
        const present = group.columns.filter(({ kinds }) => kinds[step] === FLOAT);
        // A stable sort, so that of equal values the first come are kept.
        present.sort((a, b) => compareRank(a.values[step] ?? 0, b.values[step] ?? 0, largest));
        for (const column of present.slice(0, count)) kept.keep(step, column);
      }
    }
    return kept.columns;
  };
}

/** The best first; NaN is worse than everything. */
function compareRank(a: number, b: number, largest: boolean): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a === b) return 0;
  return a > b === largest ? -1 : 1;
}

/** limitk: any k series of each group, the same ones whenever possible. */
export const limited: Selection = (groups, parameter, { steps }) => {
  const kept = new Kept(steps);
  const counts = wholeNumbers(parameter);
  for (const group of groups) {
    for (let step = 0; step < steps; step += 1) {
      let left = counts[step] ?? 0;
      for (const column of group.columns) {
        if (left < 1) break;
        if (column.kinds[step] === ABSENT) continue;
        kept.keep(step, column);
        left -= 1;
      }
    }
  }
  return kept.columns;
};

/**
 * limit_ratio: a share of the series, chosen by a hash of their labels. A negative ratio r takes
 * exactly those that the ratio 1 + r leaves.
 */
export const sampled: Selection = (groups, parameter, { steps, annotations, span }) => {
  const ratios = parameter.map((ratio) => {
    if (Number.isNaN(ratio)) throw new PromqlError("execution", "Ratio value is NaN");
    if (ratio >= -1 && ratio <= 1) return ratio;
    const capped = ratio > 1 ? 1 : -1;
    const message = `ratio value should be between -1 and 1, got ${formatCompact(ratio)}, capping to ${capped}`;
    annotations.warn(message, span);
    return capped;
  });
  const kept = new Kept(steps);
  for (const group of groups) {
    for (const column of group.columns) {
      const share = labelsHashShare(column.labels);
      for (let step = 0; step < steps; step += 1) {
        if (column.kinds[step] === ABSENT) continue;
        const ratio = ratios[step] ?? 0;
        if (ratio >= 0 ? share < ratio : share >= 1 + ratio) kept.keep(step, column);
      }
    }
  }
  return kept.columns;
};

/** The k of each step. Nothing above 1 means nothing to select, whatever else there is. */
function wholeNumbers(parameter: Float64Array): Float64Array {
  const largest = parameter.reduce(
    (most, value) => Math.max(most, value),
    Number.NEGATIVE_INFINITY,
  );
  if (largest < 1) return new Float64Array(parameter.length);
  return parameter.map((value) => {
    if (Number.isNaN(value)) throw new PromqlError("execution", "Parameter value is NaN");
    if (Math.abs(value) >= 2 ** 63) {
      const direction = value < 0 ? "underflows" : "overflows";
      const message = `Scalar value ${formatCompact(value)} ${direction} int64`;
      throw new PromqlError("execution", message);
    }
    return Math.trunc(value);
  });
}
