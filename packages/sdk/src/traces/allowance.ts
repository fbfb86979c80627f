/** So many a second, not to be saved for later. */
class Allowance {
  readonly #perSecond: number;
  #second = -1;
  #left = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Takes one at `now`, in milliseconds into the process. */
  take(now = performance.now()): boolean {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#left = this.#perSecond;
    }
    if (this.#left <= 0) return false;
    this.#left -= 1;
    return true;
  }
}

/** How many times as many as ordinary ones are kept for a reason, and how many at least. */
const notableFactor = 10;
const leastNotable = 100;

/** The traces kept in a second. Those of one kind do not take the room of another. */
export class Allowances {
  readonly #ordinary: Allowance;
  /** Those that the caller marked as sampled. */
  readonly #asked: Allowance;
  /** Those that failed or were slow. */
  readonly notable: Allowance;

  constructor(perSecond: number) {
    this.#ordinary = new Allowance(perSecond);
    this.#asked = new Allowance(perSecond * notableFactor);
    this.notable = new Allowance(Math.max(perSecond * notableFactor, leastNotable));
  }

  /** Whether a trace that begins `now` is kept whatever happens in it; `asked` if its caller marked it. */
  sample(asked: boolean, now?: number): boolean {
    return (asked ? this.#asked : this.#ordinary).take(now);
  }
}
