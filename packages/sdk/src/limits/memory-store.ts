import type { LimitStore, Taken } from "./store.ts";

export interface MemoryStoreOptions {
  /** Most keys that are kept; beyond, the one unused for the longest time is forgotten. Default: 50000. */
  readonly maxKeys?: number;
  /** Most counted requests that are kept over all keys. Default: 2000000, of 8 bytes each. */
  readonly maxEntries?: number;
  /** Milliseconds that only go forward. Default: the process's monotonic clock. */
  readonly now?: () => number;
}

/** Counts in this process's memory: exact for a single process. */
export class MemoryStore implements LimitStore {
  /** In the order of last use. */
  readonly #logs = new Map<string, SlidingLog>();
  readonly #maxKeys: number;
  readonly #maxEntries: number;
  readonly #now: () => number;
  #entries = 0;

  constructor(options: MemoryStoreOptions = {}) {
    this.#maxKeys = options.maxKeys ?? 50_000;
    this.#maxEntries = options.maxEntries ?? 2_000_000;
    this.#now = options.now ?? (() => performance.now());
  }

  /** How many keys are kept. */
  get size(): number {
    return this.#logs.size;
  }

  take(key: string, limit: number, windowMs: number): Promise<Taken> {
    return Promise.resolve(this.takeNow(key, limit, windowMs));
  }

  /** {@link take} without a promise: memory has nothing to wait for. */
  takeNow(key: string, limit: number, windowMs: number): Taken {
    const now = this.#now();
    const known = this.#logs.get(key);
    const log = known ?? new SlidingLog();
    const before = known?.capacity ?? 0;
    this.#logs.delete(key);
    const taken = log.take(now, limit, windowMs);
    this.#logs.set(key, log);
    this.#entries += log.capacity - before;
    this.#forget(now);
    return taken;
  }

  /** Drops the keys used longest ago: two that have run out at most, and all that are too many. */
  #forget(now: number): void {
    let expired = 2;
    for (const [key, log] of this.#logs) {
      const tooMany = this.#logs.size > this.#maxKeys || this.#entries > this.#maxEntries;
      if (!tooMany && (expired === 0 || !log.isOver(now))) return;
      if (!tooMany) expired -= 1;
      this.#logs.delete(key);
      this.#entries -= log.capacity;
    }
  }
}

const firstCapacity = 4;

/** The times of the requests counted in one window, as a ring that grows to the limit. */
class SlidingLog {
  #times = new Float64Array(firstCapacity);
  #head = 0;
  #count = 0;
  #windowMs = 0;

  get capacity(): number {
    return this.#times.length;
  }

  /** Whether nothing that was counted is in the window any more. */
  isOver(now: number): boolean {
    return this.#count === 0 || this.#at(this.#count - 1) <= now - this.#windowMs;
  }

  take(now: number, limit: number, windowMs: number): Taken {
    this.#windowMs = windowMs;
    while (this.#count > 0 && this.#at(0) <= now - windowMs) {
      this.#head = (this.#head + 1) % this.#times.length;
      this.#count -= 1;
    }
    const allowed = this.#count < limit;
    if (allowed) this.#push(now);
    return {
      allowed,
      remaining: Math.max(0, limit - this.#count),
      // In this order, in which rounding makes no wait longer than the window.
      resetMs: this.#count === 0 ? 0 : Math.max(0, windowMs - (now - this.#at(0))),
    };
  }

  #at(index: number): number {
    return this.#times[(this.#head + index) % this.#times.length] ?? 0;
  }

  #push(time: number): void {
    if (this.#count === this.#times.length) {
      const larger = new Float64Array(this.#times.length * 2);
      for (let index = 0; index < this.#count; index += 1) larger[index] = this.#at(index);
      this.#times = larger;
      this.#head = 0;
    }
    this.#times[(this.#head + this.#count) % this.#times.length] = time;
    this.#count += 1;
  }
}
