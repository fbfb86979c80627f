import type { Clock } from "../model/index.ts";

/** Counts attempts by key in windows that begin with the first attempt. Memory is bounded. */
export class Attempts {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #maxKeys: number;
  readonly #counts = new Map<string, { count: number; resetAt: number }>();

  constructor(options: {
    readonly clock: Clock;
    readonly limit: number;
    readonly windowMs: number;
    /** Beyond this the oldest keys are forgotten. */
    readonly maxKeys: number;
  }) {
    this.#clock = options.clock;
    this.#limit = options.limit;
    this.#windowMs = options.windowMs;
    this.#maxKeys = options.maxKeys;
  }

  /** Counts one attempt. Answers 0 if it may go on, or the milliseconds until the window ends. */
  take(key: string): number {
    const now = this.#clock.now();
    const known = this.#counts.get(key);
    if (known !== undefined && known.resetAt > now) {
      if (known.count >= this.#limit) return known.resetAt - now;
      known.count += 1;
      return 0;
    }
    this.#counts.delete(key);
    while (this.#counts.size >= this.#maxKeys) {
      const oldest = this.#counts.keys().next().value;
      if (oldest === undefined) break;
      this.#counts.delete(oldest);
    }
    this.#counts.set(key, { count: 1, resetAt: now + this.#windowMs });
    return 0;
  }

  /** Takes back one attempt, when it turned out to be a good one. */
  giveBack(key: string): void {
    const known = this.#counts.get(key);
    if (known === undefined) return;
    known.count -= 1;
    if (known.count <= 0) this.#counts.delete(key);
  }

  get size(): number {
    return this.#counts.size;
  }
}
