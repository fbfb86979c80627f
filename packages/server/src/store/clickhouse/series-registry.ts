import type { Exemplar, Labels } from "../../model/index.ts";
import type { RecentSeries } from "./recent/recent-series.ts";
import { identify } from "./series-identity.ts";
import type { KeyedIdentity, SeriesIdentity } from "./series-identity.ts";

/** A series that this process has met, with the days for which the tables have its row. */
export class KnownSeries implements SeriesIdentity {
  readonly low: number;
  readonly high: number;
  readonly family: number;
  /** The last exemplar that was stored of it. */
  lastExemplar: Exemplar | undefined;
  /** Where its newest samples are in memory. */
  recent: RecentSeries | undefined;
  /** The time of its newest sample, ms; kept only where series begin with a zero at their start. */
  newest: number | undefined;
  /** When the registry last had it among the active ones. */
  generation: number;
  /** Nearly all samples are of one day, so a set is made for the others alone. */
  #day = -1;
  #otherDays: Set<number> | undefined;

  constructor({ low, high, family }: SeriesIdentity, generation: number) {
    this.low = low;
    this.high = high;
    this.family = family;
    this.generation = generation;
  }

  /** The id of the tables. */
  get id(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  isNamedOn(day: number): boolean {
    return day === this.#day || this.#otherDays?.has(day) === true;
  }

  nameOn(day: number): void {
    if (day > this.#day) {
      if (this.#day >= 0) (this.#otherDays ??= new Set()).add(this.#day);
      this.#day = day;
    } else (this.#otherDays ??= new Set()).add(day);
  }

  /** The tables do not have it any more, or may not. */
  forgetDays(): void {
    this.#day = -1;
    this.#otherDays = undefined;
  }
}

/** Who has not sent anything for one to two of these is not active any more; ms. */
const GENERATION_MS = 3_600_000;

/**
 * Remembers the active series, so that each is named once a day and hashed once. Bounded: a series
 * more than `maxSeries` is not taken.
 */
export class SeriesRegistry {
  readonly #maxSeries: number;
  #generation = 0;
  #generationEnds = Number.NEGATIVE_INFINITY;
  /** By id: the labels themselves, as keys, would be a tenth of all that a series takes. */
  #current = new Map<string, KnownSeries>();
  /** Those of the generation before that have not come again. */
  #previous = new Map<string, KnownSeries>();
  /** Senders that keep their label objects are spared the hash. */
  #byObject = new WeakMap<Labels, KnownSeries>();

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** How many series were written in the last one to two hours. */
  get active(): number {
    return this.#current.size + this.#previous.size;
  }

  /** Lets go of series that are active no more; to be called now and then with the time in ms. */
  age(now: number): void {
    if (now < this.#generationEnds) return;
    this.#generationEnds = now + GENERATION_MS;
    this.#generation += 1;
    this.#previous = this.#current;
    this.#current = new Map();
  }

  /** The series of these labels; undefined when it would be one too many. */
  get(labels: Labels): KnownSeries | undefined {
    const seen = this.#byObject.get(labels);
    if (seen?.generation === this.#generation) return seen;
    const identity = identify(labels);
    const known = this.#current.get(identity.key) ?? this.#take(identity);
    if (known !== undefined) this.#byObject.set(labels, known);
    return known;
  }

  /** As `get`, but a series beyond the bound is answered without being remembered. */
  getOrMake(labels: Labels): KnownSeries {
    return this.get(labels) ?? new KnownSeries(identify(labels), this.#generation);
  }

  /** Has every series named again when it comes again. */
  forgetDays(): void {
    for (const generation of [this.#current, this.#previous]) {
      for (const known of generation.values()) known.forgetDays();
    }
  }

  /** Makes a series of the current generation. */
  #take(identity: KeyedIdentity): KnownSeries | undefined {
    const { key } = identity;
    let known = this.#previous.get(key);
    if (known !== undefined) {
      this.#previous.delete(key);
      known.generation = this.#generation;
    } else if (this.active < this.#maxSeries) {
      known = new KnownSeries(identity, this.#generation);
    } else return undefined;
    this.#current.set(key, known);
    return known;
  }
}
