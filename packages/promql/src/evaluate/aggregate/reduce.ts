import type { Annotations } from "../../annotations.ts";
import type { Span } from "../../errors.ts";
import { HistogramSum } from "../../histogram/sum.ts";
import { ABSENT, FLOAT } from "../../source.ts";
import { Column } from "../column.ts";
import { quantileOfSorted, sortNanFirst } from "../quantile.ts";
import {
  infoHistogramIgnored,
  infoReconciled,
  warnMixedInAggregation,
  warnMixedSchemas,
  warnResetCollision,
} from "../window/notes.ts";
import type { AggregationGroup } from "./grouping.ts";

export interface Reduction {
  readonly steps: number;
  readonly annotations: Annotations;
  /** Where the aggregated expression stands. */
  readonly span: Span;
}

type Reducer = (group: AggregationGroup, reduction: Reduction) => Column;

/** A group's result while its members come one by one. */
export interface Accumulator {
  /** Keeps the column only if it has histograms. */
  add(column: Column): void;
  finish(): Column;
}

type Accumulate = (result: Column, reduction: Reduction) => Accumulator;

/** Sums up a group that is there as a whole. */
function whole(accumulate: Accumulate): Reducer {
  return (group, reduction) => {
    const result = Column.empty(group.labels, reduction.steps, group.dropName);
    const accumulator = accumulate(result, reduction);
    for (const column of group.columns) accumulator.add(column);
    return accumulator.finish();
  };
}

/** sum and avg: floats or histograms, at each step of one type. */
function additive(mean: boolean): Accumulate {
  return (result, reduction) => {
    const means = mean ? new Means(reduction.steps) : new Sums(reduction.steps);
    const histograms: Column[] = [];
    let name: string | undefined;
    return {
      add(column) {
        name ??= column.labels.metricName;
        means.add(column);
        if (column.histograms !== undefined) histograms.push(column);
      },
      finish() {
        means.finish(result);
        if (histograms.length > 0) addHistograms(mean, histograms, name ?? "", result, reduction);
        return result;
      },
    };
  };
}

function addHistograms(
  mean: boolean,
  columns: readonly Column[],
  name: string,
  result: Column,
  { steps, annotations, span }: Reduction,
): void {
  for (let step = 0; step < steps; step += 1) {
    const total = new HistogramSum(mean);
    let any = false;
    for (const column of columns) {
      const histogram = column.histogramAt(step);
      if (histogram === undefined) continue;
      any = true;
      total.add(histogram);
    }
    if (!any) continue;
    if (result.kinds[step] === FLOAT) {
      result.kinds[step] = ABSENT;
      warnMixedInAggregation(annotations, span);
      continue;
    }
    if (total.resetCollision) warnResetCollision(annotations, "aggregation", span);
    if (total.reconciled) infoReconciled(annotations, "aggregation", span);
    if (total.incompatible) warnMixedSchemas(annotations, name, span);
    else if (total.result !== undefined) result.setHistogram(step, total.result);
  }
}

/** Compensated sums of a group, a step at a time in columns. */
class Sums {
  readonly sums: Float64Array;
  readonly compensations: Float64Array;
  readonly counts: Int32Array;

  constructor(steps: number) {
    this.sums = new Float64Array(steps);
    this.compensations = new Float64Array(steps);
    this.counts = new Int32Array(steps);
  }

  add({ kinds, values }: Column): void {
    const { sums, compensations, counts } = this;
    for (let step = 0; step < sums.length; step += 1) {
      if (kinds[step] !== FLOAT) continue;
      const value = values[step] ?? 0;
      const sum = sums[step] ?? 0;
      const count = (counts[step] ?? 0) + 1;
      counts[step] = count;
      // The first value as it is: 0 + −0 would lose a sign.
      const total = count === 1 ? value : sum + value;
      sums[step] = total;
      if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) {
        compensations[step] = 0;
      } else if (Math.abs(sum) >= Math.abs(value)) {
        compensations[step] = (compensations[step] ?? 0) + (sum - total + value);
      } else compensations[step] = (compensations[step] ?? 0) + (value - total + sum);
    }
  }

  finish(result: Column): void {
    for (let step = 0; step < this.sums.length; step += 1) {
      if (this.counts[step] === 0) continue;
      const sum = this.sums[step] ?? 0;
      const compensation = this.compensations[step] ?? 0;
      result.setFloat(step, compensation === 0 ? sum : sum + compensation);
    }
  }
}

/** Means: from the sum, or where that would overflow, by an incremental mean from there on. */
class Means extends Sums {
  readonly #incremental: Uint8Array;

  constructor(steps: number) {
    super(steps);
    this.#incremental = new Uint8Array(steps);
  }

  override add({ kinds, values }: Column): void {
    const { sums, compensations, counts } = this;
    for (let step = 0; step < sums.length; step += 1) {
      if (kinds[step] !== FLOAT) continue;
      const value = values[step] ?? 0;
      const count = (counts[step] ?? 0) + 1;
      counts[step] = count;
      let sum = sums[step] ?? 0;
      let compensation = compensations[step] ?? 0;
      let term = value;
      if (count === 1) {
        sums[step] = value;
        continue;
      }
      if (this.#incremental[step] === 0 && Math.abs(sum + value) === Number.POSITIVE_INFINITY) {
        this.#incremental[step] = 1;
        sum /= count - 1;
        compensation /= count - 1;
      }
      if (this.#incremental[step] === 1) {
        const infinite = Math.abs(sum) === Number.POSITIVE_INFINITY;
        // An infinite mean stays what it is, unless NaN or the other infinity comes along.
        if (infinite && (Number.isFinite(value) || value === sum)) {
          sums[step] = sum;
          continue;
        }
        const weight = (count - 1) / count;
        sum *= weight;
        compensation *= weight;
        term = value / count;
      }
      const total = sum + term;
      if (Math.abs(total) === Number.POSITIVE_INFINITY) compensation = 0;
      else if (Math.abs(sum) >= Math.abs(term)) compensation += sum - total + term;
      else compensation += term - total + sum;
      sums[step] = total;
      compensations[step] = compensation;
    }
  }

  override finish(result: Column): void {
    for (let step = 0; step < this.sums.length; step += 1) {
      const count = this.counts[step] ?? 0;
      if (count === 0) continue;
      const sum = this.sums[step] ?? 0;
      const compensation = this.compensations[step] ?? 0;
      const divisor = this.#incremental[step] === 1 ? 1 : count;
      result.setFloat(step, sum / divisor + compensation / divisor);
    }
  }
}

/** min and max of floats; NaN only where there is nothing else. */
function extreme(operator: "min" | "max"): Accumulate {
  return (result, reduction) => {
    const { kinds: taken, values: best } = result;
    return {
      add(column) {
        noteIgnored(column, operator, reduction);
        const { kinds, values } = column;
        for (let step = 0; step < reduction.steps; step += 1) {
          if (kinds[step] !== FLOAT) continue;
          const value = values[step] ?? 0;
          const held = best[step] ?? 0;
          const better = operator === "min" ? value < held : value > held;
          if (taken[step] === ABSENT || better || Number.isNaN(held)) {
            taken[step] = FLOAT;
            best[step] = value;
          }
        }
      },
      finish: () => result,
    };
  };
}

/** count and group look at neither values nor types. */
function counting(group: boolean): Accumulate {
  return (result, { steps }) => ({
    add({ kinds }) {
      for (let step = 0; step < steps; step += 1) {
        if (kinds[step] === ABSENT) continue;
        result.kinds[step] = FLOAT;
        result.values[step] = group ? 1 : (result.values[step] ?? 0) + 1;
      }
    },
    finish: () => result,
  });
}

/** stdvar and stddev by Welford's method. */
function spread(operator: "stdvar" | "stddev"): Reducer {
  return (group, reduction) => {
    const { steps } = reduction;
    const means = new Float64Array(steps);
    const counts = new Float64Array(steps);
    const result = Column.empty(group.labels, steps, group.dropName);
    const squares = result.values;
    for (const column of group.columns) {
      noteIgnored(column, operator, reduction);
      for (let step = 0; step < steps; step += 1) {
        if (column.kinds[step] !== FLOAT) continue;
        const value = column.values[step] ?? 0;
        const count = (counts[step] ?? 0) + 1;
        const distance = value - (means[step] ?? 0);
        const mean = (means[step] ?? 0) + distance / count;
        counts[step] = count;
        means[step] = mean;
        squares[step] = (squares[step] ?? 0) + distance * (value - mean);
        result.kinds[step] = FLOAT;
      }
    }
    for (let step = 0; step < steps; step += 1) {
      const variance = (squares[step] ?? 0) / (counts[step] ?? 1);
      squares[step] = operator === "stddev" ? Math.sqrt(variance) : variance;
    }
    return result;
  };
}

/** quantile(φ, v), φ at each step its own. */
export function quantileReducer(quantiles: Float64Array): Reducer {
  return (group, reduction) => {
    const { steps } = reduction;
    const result = Column.empty(group.labels, steps, group.dropName);
    const gathered = new Float64Array(group.columns.length);
    for (const column of group.columns) noteIgnored(column, "quantile", reduction);
    for (let step = 0; step < steps; step += 1) {
      let count = 0;
      for (const { kinds, values } of group.columns) {
        if (kinds[step] !== FLOAT) continue;
        gathered[count] = values[step] ?? 0;
        count += 1;
      }
      if (count === 0) continue;
      const sorted = sortNanFirst(gathered.subarray(0, count));
      result.setFloat(step, quantileOfSorted(quantiles[step] ?? Number.NaN, sorted));
    }
    return result;
  };
}

export function noteIgnored(
  { histograms }: Column,
  operator: string,
  { annotations, span }: Reduction,
): void {
  if (histograms !== undefined) infoHistogramIgnored(annotations, operator, span);
}

const ACCUMULATORS: Readonly<Record<string, Accumulate>> = {
  sum: additive(false),
  avg: additive(true),
  min: extreme("min"),
  max: extreme("max"),
  count: counting(false),
  group: counting(true),
};

const SPREADS: Readonly<Record<string, Reducer>> = {
  stddev: spread("stddev"),
  stdvar: spread("stdvar"),
};

/** The aggregation of this name that makes one series of a group whose members come one by one. */
export function accumulatorOf(operator: string): Accumulate | undefined {
  return ACCUMULATORS[operator];
}

/** The aggregation of this name that makes one series of a group. */
export function reducer(operator: string): Reducer | undefined {
  const accumulate = ACCUMULATORS[operator];
  return accumulate === undefined ? SPREADS[operator] : whole(accumulate);
}
