/** So many a second, not to be saved for later. */
export class Allowance {
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
