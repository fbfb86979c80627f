import { PromqlError } from "../errors.ts";
import type { NativeHistogram } from "../histogram/histogram.ts";
import type { Labels } from "../labels.ts";
import { ABSENT, FLOAT, type GridSeries, HISTOGRAM } from "../source.ts";

/** One series on the evaluation's grid, while it is being worked on. */
export class Column implements GridSeries {
  readonly labels: Labels;
  readonly kinds: Uint8Array;
  readonly values: Float64Array;
  histograms?: (NativeHistogram | undefined)[];
  /** The metric name is to be dropped when the query ends (delayed name removal). */
  dropName: boolean;

  private constructor(labels: Labels, series: Omit<GridSeries, "labels">, dropName: boolean) {
    this.labels = labels;
    this.kinds = series.kinds;
    this.values = series.values;
    if (series.histograms !== undefined) this.histograms = series.histograms;
    this.dropName = dropName;
  }

  /** A column without a value at any step. */
  static empty(labels: Labels, steps: number, dropName = false): Column {
    const series = { kinds: new Uint8Array(steps), values: new Float64Array(steps) };
    return new Column(labels, series, dropName);
  }

  /** Takes over a source's series without copying its arrays. */
  static of(series: GridSeries): Column {
    return new Column(series.labels, series, false);
  }

  /** The same values under other labels. */
  relabelled(labels: Labels, dropName = this.dropName): Column {
    return new Column(labels, this, dropName);
  }

  /** Takes all values away, so that the arrays can be used again. */
  clear(): void {
    this.kinds.fill(ABSENT);
  }

  setFloat(step: number, value: number): void {
    this.kinds[step] = FLOAT;
    this.values[step] = value;
  }

  setHistogram(step: number, histogram: NativeHistogram): void {
    this.histograms ??= [];
    this.kinds[step] = HISTOGRAM;
    this.histograms[step] = histogram;
  }

  /** Copies one step of another column, whatever it holds. */
  copy(step: number, from: Column): void {
    const kind = from.kinds[step] ?? ABSENT;
    if (kind === HISTOGRAM) {
      const histogram = from.histogramAt(step);
      if (histogram !== undefined) this.setHistogram(step, histogram);
    } else if (kind === FLOAT) this.setFloat(step, from.values[step] ?? Number.NaN);
  }

  histogramAt(step: number): NativeHistogram | undefined {
    return this.kinds[step] === HISTOGRAM ? this.histograms?.[step] : undefined;
  }

  get isEmpty(): boolean {
    for (const kind of this.kinds) if (kind !== ABSENT) return false;
    return true;
  }
}

/** Output columns by labels: the same labels at different steps are one series. */
export class ColumnSet {
  readonly #steps: number;
  readonly #byKey = new Map<string, Column>();

  constructor(steps: number) {
    this.#steps = steps;
  }

  column(labels: Labels, dropName: boolean): Column {
    const known = this.#byKey.get(labels.key);
    if (known !== undefined) {
      known.dropName ||= dropName;
      return known;
    }
    const made = Column.empty(labels, this.#steps, dropName);
    this.#byKey.set(labels.key, made);
    return made;
  }

  /** The columns that have a value at some step. */
  present(): Column[] {
    return [...this.#byKey.values()].filter((column) => !column.isEmpty);
  }
}

/**
 * Joins columns with the same labels. Throws where two of them have a value at the same step.
 */
export function mergeSameLabels(columns: Column[], steps: number): Column[] {
  const keys = new Set<string>();
  for (const column of columns) keys.add(column.labels.key);
  if (keys.size === columns.length) return columns;
  const merged = new Map<string, Column>();
  const owned = new Set<Column>();
  for (const column of columns) {
    const { key } = column.labels;
    let target = merged.get(key);
    if (target === undefined) {
      merged.set(key, column);
      continue;
    }
    if (!owned.has(target)) {
      const copy = Column.empty(target.labels, steps, target.dropName);
      for (let step = 0; step < steps; step += 1) copy.copy(step, target);
      owned.add(copy);
      merged.set(key, copy);
      target = copy;
    }
    for (let step = 0; step < steps; step += 1) {
      if (column.kinds[step] === ABSENT) continue;
      if (target.kinds[step] !== ABSENT) throw sameLabelset();
      target.copy(step, column);
    }
    target.dropName ||= column.dropName;
  }
  return [...merged.values()];
}

export function sameLabelset(): PromqlError {
  return new PromqlError("execution", "vector cannot contain metrics with the same labelset");
}
