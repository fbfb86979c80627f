import type { Grouping } from "../ast.ts";
import { labelsKey } from "../labels.ts";
import type { Labels } from "../labels.ts";

/** One series over a grid. `present[i]` is 1 where it has a value. */
export interface Series {
  readonly labels: Labels;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

export type Matrix = readonly Series[];

export function emptySeries(labels: Labels, count: number): Series {
  return { labels, values: new Float64Array(count), present: new Uint8Array(count) };
}

/** The labels that a grouping leaves. */
export function grouped(labels: Labels, grouping: Grouping | undefined): Labels {
  if (grouping === undefined) return {};
  const kept: Record<string, string> = {};
  if (grouping.without) {
    for (const name in labels) {
      if (!grouping.labels.includes(name)) kept[name] = labels[name] ?? "";
    }
    return kept;
  }
  for (const name of grouping.labels) {
    const value = labels[name] ?? "";
    if (value !== "") kept[name] = value;
  }
  return kept;
}

/** Series by their labels, made as they are met. */
export class SeriesTable<T> {
  readonly #make: (labels: Labels) => T;
  readonly #entries = new Map<string, { labels: Labels; item: T }>();

  constructor(make: (labels: Labels) => T) {
    this.#make = make;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(labels: Labels): T {
    const key = labelsKey(labels);
    const found = this.#entries.get(key);
    if (found !== undefined) return found.item;
    const item = this.#make(labels);
    this.#entries.set(key, { labels, item });
    return item;
  }

  values(): IterableIterator<{ labels: Labels; item: T }> {
    return this.#entries.values();
  }
}
