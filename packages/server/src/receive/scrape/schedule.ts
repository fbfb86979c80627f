import { createHash } from "node:crypto";

/**
 * When a target is due: every `interval` ms at a phase of its own, so that targets do not all answer
 * at once. The phase comes from the target and the installation's seed, so it is the same after a
 * restart and the times of a series stay on one grid (which also packs best).
 */
export class Schedule {
  readonly #interval: number;
  readonly #phase: number;
  readonly #tolerance: number;

  constructor(interval: number, targetKey: string, seed: string) {
    this.#interval = interval;
    this.#tolerance = Math.min(MAX_TOLERANCE, interval / 50);
    const digest = createHash("sha256").update(seed).update("\0").update(targetKey).digest();
    this.#phase = Number(digest.readBigUInt64BE(0) % BigInt(interval));
  }

  /** The first due time after `now`. */
  after(now: number): number {
    const since = now - this.#phase;
    return this.#phase + (Math.floor(since / this.#interval) + 1) * this.#interval;
  }

  /** Whether it is time, for a timer that fired at `now`. */
  isDue(due: number, now: number): boolean {
    return now >= due - this.#tolerance;
  }

  /** The due time after a scrape that was due at `due` and ended at `now`. */
  next(due: number, now: number): number {
    // A timer may fire early. A clock that was set back further than that begins anew.
    return this.after(due > now && due - now <= this.#tolerance ? due : now);
  }

  /** How many due times lie after `due` and up to `now`: scrapes that were missed. */
  missed(due: number, now: number): number {
    return Math.max(0, Math.floor((now - due) / this.#interval));
  }

  /**
   * The time to stamp samples with. A timer that fires a little off the grid is put back on it: an
   * even distance between samples is truer to a counter's rate than the timer's error.
   */
  stamp(due: number, now: number): number {
    return Math.abs(now - due) <= this.#tolerance ? due : now;
  }
}

const MAX_TOLERANCE = 20;
