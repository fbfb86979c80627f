import { createHash } from "node:crypto";

/**
 * When a group is evaluated: every `interval` ms at an offset of its own, as in Prometheus, so that
 * groups do not all ask at once and a group's samples keep to one grid over restarts.
 */
export class GroupSchedule {
  readonly #interval: number;
  readonly #offset: number;

  constructor(key: string, interval: number) {
    this.#interval = interval;
    const hash = createHash("sha256").update(key).digest();
    this.#offset = hash.readUIntBE(0, 6) % interval;
  }

  /** The first evaluation time after `now`. */
  after(now: number): number {
    const past = Math.floor((now - this.#offset) / this.#interval);
    return (past + 1) * this.#interval + this.#offset;
  }

  /**
   * The evaluation after the one at `last`, seen from `now`: the next one, or the latest that is due when
   * some were missed. A clock that was set back starts a new grid.
   */
  following(last: number, now: number): { readonly at: number; readonly missed: number } {
    if (last - now > this.#interval) return { at: this.after(now), missed: 0 };
    const missed = Math.max(0, Math.floor((now - last) / this.#interval) - 1);
    return { at: last + (missed + 1) * this.#interval, missed };
  }
}
