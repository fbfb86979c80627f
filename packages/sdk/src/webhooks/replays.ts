/** Remembers deliveries. */
export interface Replays {
  /** Resolves with true the first time that `id` is claimed within `ttlMs` milliseconds. */
  claim(id: string, ttlMs: number): Promise<boolean>;
}

/** Remembers deliveries in this process: enough where one process takes all webhooks. */
export class MemoryReplays implements Replays {
  /** Until when each is remembered, in the order of claims. */
  readonly #until = new Map<string, number>();
  readonly #maxIds: number;
  readonly #now: () => number;

  /** @param maxIds most deliveries remembered; beyond, the oldest is forgotten */
  constructor(maxIds = 100_000, now: () => number = () => performance.now()) {
    this.#maxIds = maxIds;
    this.#now = now;
  }

  claim(id: string, ttlMs: number): Promise<boolean> {
    const now = this.#now();
    for (const [oldest, until] of this.#until) {
      if (until > now && this.#until.size < this.#maxIds) break;
      this.#until.delete(oldest);
    }
    const until = this.#until.get(id);
    if (until !== undefined && until > now) return Promise.resolve(false);
    this.#until.delete(id);
    this.#until.set(id, now + ttlMs);
    return Promise.resolve(true);
  }
}
