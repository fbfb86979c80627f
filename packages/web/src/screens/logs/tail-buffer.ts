/** The newest of what comes, in bounded memory. */
export class TailBuffer<T> {
  readonly #capacity: number;
  /** The oldest first. */
  #items: T[] = [];
  #lost = 0;

  /** `capacity`: what is kept. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many have come and are no longer kept. */
  get lost(): number {
    return this.#lost;
  }

  get size(): number {
    return this.#items.length;
  }

  /** Adds what has come, the oldest first. */
  add(items: readonly T[]): void {
    this.#items = this.#items.concat(items);
    const beyond = this.#items.length - this.#capacity;
    if (beyond <= 0) return;
    this.#lost += beyond;
    this.#items.splice(0, beyond);
  }

  /** The newest, the newest first. */
  newest(count: number): T[] {
    return this.#items.slice(Math.max(0, this.#items.length - count)).toReversed();
  }
}
