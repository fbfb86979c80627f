/** What may be sent at once after a silence, in seconds of the rate. */
const BURST_S = 10;

/**
 * A rate as a bucket of credit. Who has credit may overdraw it, so that one request that is larger than
 * the burst is not sent for ever; then it waits until the debt is worked off.
 */
export class Bucket {
  readonly rate: number;
  #credit: number;
  #at: number;

  /** `rate`: a second; `now`: ms. */
  constructor(rate: number, now: number) {
    this.rate = rate;
    this.#credit = rate * BURST_S;
    this.#at = now;
  }

  /** Seconds after which there is credit again; undefined while there is. */
  wait(now: number): number | undefined {
    const earned = (Math.max(0, now - this.#at) / 1000) * this.rate;
    this.#credit = Math.min(this.rate * BURST_S, this.#credit + earned);
    this.#at = now;
    if (this.#credit > 0) return undefined;
    return Math.max(1, Math.ceil((1 - this.#credit) / this.rate));
  }

  spend(amount: number): void {
    this.#credit -= amount;
  }
}
