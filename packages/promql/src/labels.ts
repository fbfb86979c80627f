import { quoted } from "./quote.ts";

/** The label that holds a series' metric name. */
export const METRIC_NAME = "__name__";

/** Labels that describe what a metric is; an operation that drops the name drops these too. */
const METADATA_LABELS: ReadonlySet<string> = new Set([METRIC_NAME, "__type__", "__unit__"]);

/** Joins names and values in a key: a lone surrogate, which no decoded UTF-8 text can hold. */
const SEPARATOR = "\ud800";

/**
 * An immutable label set. Names are unique and sorted, empty values are absent (to Prometheus a
 * label with an empty value and a missing label are the same thing).
 */
export class Labels {
  static readonly empty = new Labels([]);

  /** name, value, name, value, … sorted by name. */
  readonly #flat: readonly string[];
  #key: string | undefined;

  private constructor(flat: readonly string[]) {
    this.#flat = flat;
  }

  /** Builds a set from pairs in any order; of a repeated name the last wins. */
  static of(pairs: Iterable<readonly [name: string, value: string]>): Labels {
    const byName = new Map<string, string>();
    for (const [name, value] of pairs) byName.set(name, value);
    const flat: string[] = [];
    for (const name of [...byName.keys()].sort()) {
      const value = byName.get(name);
      if (value !== undefined && value !== "") flat.push(name, value);
    }
    return flat.length === 0 ? Labels.empty : new Labels(flat);
  }

  /** Builds a set from an object's own entries. */
  static from(object: Readonly<Record<string, string>>): Labels {
    return Labels.of(Object.entries(object));
  }

  /**
   * Builds a set from `name, value, name, value, …` that is already sorted by name, without
   * repeated names or empty values: the cheap way in for a source whose rows come out that way.
   * The array is kept, not copied.
   */
  static fromSorted(flat: readonly string[]): Labels {
    return new Labels(flat);
  }

  get size(): number {
    return this.#flat.length / 2;
  }

  /** The metric name, "" when there is none. */
  get metricName(): string {
    return this.get(METRIC_NAME);
  }

  /** The value of a label, "" when it is absent. */
  get(name: string): string {
    const flat = this.#flat;
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return flat[i + 1] ?? "";
    return "";
  }

  has(name: string): boolean {
    return this.get(name) !== "";
  }

  /** A string that two label sets share exactly when they are equal. Computed once. */
  get key(): string {
    return (this.#key ??= this.#flat.join(SEPARATOR));
  }

  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    const flat = this.#flat;
    for (let i = 0; i < flat.length; i += 2) yield [flat[i] ?? "", flat[i + 1] ?? ""];
  }

  names(): string[] {
    return this.#flat.filter((_, i) => i % 2 === 0);
  }

  /** The same labels with one set, or removed when the value is empty. */
  with(name: string, value: string): Labels {
    if (this.get(name) === value) return this;
    return Labels.of([...this, [name, value]]);
  }

  /** The labels whose name `keep` accepts. */
  filter(keep: (name: string) => boolean): Labels {
    const flat: string[] = [];
    for (let i = 0; i < this.#flat.length; i += 2) {
      const name = this.#flat[i] ?? "";
      if (keep(name)) flat.push(name, this.#flat[i + 1] ?? "");
    }
    if (flat.length === this.#flat.length) return this;
    return flat.length === 0 ? Labels.empty : new Labels(flat);
  }

  only(names: ReadonlySet<string>): Labels {
    return this.filter((name) => names.has(name));
  }

  without(names: ReadonlySet<string>): Labels {
    return this.filter((name) => !names.has(name));
  }

  /** Without the metric name and the labels that describe the metric (`__type__`, `__unit__`). */
  withoutMetric(): Labels {
    return this.without(METADATA_LABELS);
  }

  toObject(): Record<string, string> {
    // fromEntries defines own properties, so a label called __proto__ stays a label.
    return Object.fromEntries(this);
  }

  /** As Prometheus's messages print label sets: `{__name__="up", job="shop"}`. */
  toString(): string {
    return `{${[...this].map(([name, value]) => `${name}=${quoted(value)}`).join(", ")}}`;
  }
}

/** Orders label sets name by name, value by value; the shorter first where one begins the other. */
export function compareLabels(a: Labels, b: Labels): number {
  const left = [...a];
  const right = [...b];
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i += 1) {
    const [leftName = "", leftValue = ""] = left[i] ?? [];
    const [rightName = "", rightValue = ""] = right[i] ?? [];
    if (leftName !== rightName) return leftName < rightName ? -1 : 1;
    if (leftValue !== rightValue) return leftValue < rightValue ? -1 : 1;
  }
  return left.length - right.length;
}
