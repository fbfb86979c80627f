// Imported, because the global of that name is a getter.
import { performance } from "node:perf_hooks";
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
  readonly #logs = new Map<string, SlidingLog>();
  /**
   * Where the ring of all logs in the order of last use begins and ends. Moving a key to the end of a
   * Map would make the Map anew again and again.
   */
  readonly #ends = new SlidingLog("");
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
    const log = this.#logs.get(key) ?? this.#made(key);
    const before = log.capacity;
    const taken = log.take(now, limit, windowMs);
    this.#entries += log.capacity - before;
    log.placeBefore(this.#ends);
    this.#forget(now);
    return taken;
  }

  #made(key: string): SlidingLog {
    const log = new SlidingLog(key);
    this.#logs.set(key, log);
    this.#entries += log.capacity;
    return log;
  }

  /** Drops the keys used longest ago: two that have run out at most, and all that are too many. */
  #forget(now: number): void {
    let expired = 2;
    for (let oldest = this.#ends.next; oldest !== this.#ends; oldest = this.#ends.next) {
      const tooMany = this.#logs.size > this.#maxKeys || this.#entries > this.#maxEntries;
      if (!tooMany && (expired === 0 || !oldest.isOver(now))) return;
      if (!tooMany) expired -= 1;
      this.#logs.delete(oldest.key);
      oldest.remove();
      this.#entries -= oldest.capacity;
    }
  }
}

/** A power of two, as are all that follow: a place in the ring is then found without a division. */
const firstCapacity = 4;

/** The times of the requests counted in one window, as a ring that grows to the limit. */
class SlidingLog {
  readonly key: string;
  /** The next in the order of use, and the one before. */
  next: SlidingLog = this;
  #previous: SlidingLog = this;
  #times = new Float64Array(firstCapacity);
  #head = 0;
  #count = 0;
  #windowMs = 0;

  constructor(key: string) {
    this.key = key;
  }

  get capacity(): number {
    return this.#times.length;
  }

  /** Takes it out of the order of use. */
  remove(): void {
    this.#previous.next = this.next;
    this.next.#previous = this.#previous;
  }

  placeBefore(other: SlidingLog): void {
    this.remove();
    this.next = other;
    this.#previous = other.#previous;
    this.#previous.next = this;
    other.#previous = this;
  }

  /** Whether nothing that was counted is in the window any more. */
  isOver(now: number): boolean {
    return this.#count === 0 || this.#at(this.#count - 1) <= now - this.#windowMs;
  }

  take(now: number, limit: number, windowMs: number): Taken {
    this.#windowMs = windowMs;
    while (this.#count > 0 && this.#at(0) <= now - windowMs) {
      this.#head = (this.#head + 1) & (this.#times.length - 1);
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
    return this.#times[(this.#head + index) & (this.#times.length - 1)] ?? 0;
  }

  #push(time: number): void {
    if (this.#count === this.#times.length) {
      const larger = new Float64Array(this.#times.length * 2);
      larger.set(this.#times.subarray(this.#head));
      larger.set(this.#times.subarray(0, this.#head), this.#count - this.#head);
      this.#times = larger;
      this.#head = 0;
    }
    this.#times[(this.#head + this.#count) & (this.#times.length - 1)] = time;
    this.#count += 1;
  }
}
