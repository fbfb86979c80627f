import type { Clock } from "../../model/index.ts";

interface Waiter<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export interface BatchLimits {
  /** Batches that are worked at a time. */
  readonly atOnce: number;
  /** Items in one. */
  readonly size: number;
  /** After a batch, work rests as long as the batch took, and no longer than this. Milliseconds. */
  readonly rest: number;
}

/**
 * Works items off in batches, first come first served. What comes while nothing is at work is worked at
 * once; what comes meanwhile, or while work rests, is worked together next, so that a batch is as large
 * as the load asks for.
 */
export class Batches<Item, Result> {
  readonly #work: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly #limits: BatchLimits;
  readonly #clock: Clock;
  #waiting: Waiter<Item, Result>[] = [];
  #running = 0;

  /** `work` answers one result for each item, in their order. */
  constructor(
    work: (items: readonly Item[]) => Promise<readonly Result[]>,
    limits: BatchLimits,
    clock: Clock,
  ) {
    this.#work = work;
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Resolves with the item's result once its batch is done. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      // What comes in the same turn of the event loop goes into the same batch.
      if (this.#running < this.#limits.atOnce && this.#waiting.length === 1)
        queueMicrotask(() => this.#next());
    });
  }

  #next(): void {
    if (this.#running >= this.#limits.atOnce || this.#waiting.length === 0) return;
    const batch = this.#waiting.splice(0, this.#limits.size);
    this.#running += 1;
    const started = this.#clock.now();
    void this.#run(batch).finally(() => {
      const rest = Math.min(this.#clock.now() - started, this.#limits.rest);
      if (rest <= 0) this.#free();
      else this.#clock.after(rest, () => this.#free());
    });
    if (this.#waiting.length > 0) this.#next();
  }

  #free(): void {
    this.#running -= 1;
    this.#next();
  }

  async #run(batch: readonly Waiter<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#work(batch.map(({ item }) => item));
      for (const [place, { resolve }] of batch.entries()) resolve(results[place] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
