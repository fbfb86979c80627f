import type { MatchedFamily } from "./series-index.ts";

/** A series of which nothing is known yet is taken to have a sample every 5 s. */
const FIRST_INTERVAL_MS = 5000;
/** Where series have hardly any samples, they are taken to have one a minute: more may follow. */
const LONGEST_INTERVAL_MS = 60_000;
/** Metrics whose density is remembered; beyond, all are forgotten. */
const MAX_FAMILIES = 50_000;

/**
 * How many samples series have, as far as reading them has shown: what decides on how much to read
 * at a time, and no more than that.
 */
export class SampleDensity {
  /** Samples of one series in a ms, by family. */
  readonly #perMs = new Map<number, number>();

  /** About how many samples a series of the family has in so much time. */
  samplesOf(family: number, spanMs: number): number {
    return Math.max(1, spanMs * (this.#perMs.get(family) ?? 1 / FIRST_INTERVAL_MS));
  }

  /** About how many samples all of the series have in so much time. */
  total(families: readonly MatchedFamily[], spanMs: number): number {
    return families.reduce(
      (sum, { family, series }) => sum + series.length * this.samplesOf(family, spanMs),
      0,
    );
  }

  /** Told what has been read. A stretch without samples does not mean that none will come. */
  learn(families: readonly number[], series: number, spanMs: number, samples: number): void {
    if (spanMs <= 0 || series === 0) return;
    if (this.#perMs.size > MAX_FAMILIES) this.#perMs.clear();
    const seen = Math.max(samples / series / spanMs, 1 / LONGEST_INTERVAL_MS);
    for (const family of families) {
      const known = this.#perMs.get(family) ?? 0;
      this.#perMs.set(family, Math.max(seen, known / 2));
    }
  }
}
