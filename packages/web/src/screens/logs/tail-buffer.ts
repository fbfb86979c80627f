/** The newest of what comes, in bounded memory. */
export class TailBuffer<T> {
  readonly #capacity: number;
  readonly #room: number;
  readonly #sizeOf: (item: T) => number;
  /** The oldest first. */
  #items: T[] = [];
  #held = 0;
  #lost = 0;

  /** `capacity`: how many are kept, which together are no larger than `room` by `sizeOf`. */
  constructor(capacity: number, room: number, sizeOf: (item: T) => number) {
    this.#capacity = capacity;
    this.#room = room;
    this.#sizeOf = sizeOf;
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
    for (const item of items) this.#held += this.#sizeOf(item);
    let beyond = 0;
    for (const item of this.#items) {
      if (this.#items.length - beyond <= this.#capacity && this.#held <= this.#room) break;
      this.#held -= this.#sizeOf(item);
      beyond += 1;
    }
    if (beyond === 0) return;
    this.#lost += beyond;
    this.#items.splice(0, beyond);
  }

  /** The newest, the newest first. */
  newest(count: number): T[] {
    return this.#items.slice(Math.max(0, this.#items.length - count)).toReversed();
  }
}
