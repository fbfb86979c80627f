import { labelsKey, withoutEmpty } from "../../model/index.ts";
import type { Exemplar, Labels } from "../../model/index.ts";
import { identify } from "./series-identity.ts";
import type { SeriesIdentity } from "./series-identity.ts";

/** A series that this process has met, with the days for which the table has its row. */
export interface KnownSeries extends SeriesIdentity {
  readonly days: Set<number>;
  /** The last exemplar that was stored of it. */
  lastExemplar?: Exemplar;
}

/**
 * Remembers which series have been written, so that each is named once a day and hashed once. Bounded:
 * beyond the bound it starts anew, and rows that are written again collapse in the table.
 */
export class SeriesRegistry {
  readonly #maxSeries: number;
  #byKey = new Map<string, KnownSeries>();
  /** Senders that keep their label objects are spared the key. */
  #byObject = new WeakMap<Labels, KnownSeries>();

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  get(labels: Labels): KnownSeries {
    const seen = this.#byObject.get(labels);
    if (seen !== undefined) return seen;
    const key = labelsKey(Object.values(labels).includes("") ? withoutEmpty(labels) : labels);
    let known = this.#byKey.get(key);
    if (known === undefined) {
      if (this.#byKey.size >= this.#maxSeries) {
        this.#byKey = new Map();
        this.#byObject = new WeakMap();
      }
      known = { ...identify(labels), days: new Set() };
      this.#byKey.set(key, known);
    }
    this.#byObject.set(labels, known);
    return known;
  }
}
