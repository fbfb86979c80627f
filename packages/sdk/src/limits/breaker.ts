import type { LimitStore, Taken } from "./store.ts";

/**
 * A store that fails fast: an answer that takes too long counts as failed, and after a failure the
 * store is left alone for a while, so that a store that hangs delays no more than a few requests.
 */
export class GuardedStore {
  readonly #store: LimitStore;
  readonly #timeoutMs: number;
  readonly #pauseMs: number;
  readonly #now: () => number;
  #closedUntil = Number.NEGATIVE_INFINITY;

  constructor(
    store: LimitStore,
    options: { timeoutMs: number; pauseMs: number; now?: () => number },
  ) {
    this.#store = store;
    this.#timeoutMs = options.timeoutMs;
    this.#pauseMs = options.pauseMs;
    this.#now = options.now ?? (() => performance.now());
  }

  /** The store's answer, or the error for which there is none; undefined when it was not asked. */
  async take(
    key: string,
    limit: number,
    windowMs: number,
  ): Promise<{ readonly taken: Taken } | { readonly error: unknown } | undefined> {
    const now = this.#now();
    if (now < this.#closedUntil) return undefined;
    // While it is tried again after a failure, the others go on without it.
    const trying = this.#closedUntil > Number.NEGATIVE_INFINITY;
    if (trying) this.#closedUntil = now + this.#timeoutMs + this.#pauseMs;
    let timer: NodeJS.Timeout | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`the store did not answer within ${this.#timeoutMs} ms`)),
          this.#timeoutMs,
        );
      });
      const taken = await Promise.race([this.#store.take(key, limit, windowMs), late]);
      if (trying) this.#closedUntil = Number.NEGATIVE_INFINITY;
      return { taken };
    } catch (error) {
      this.#closedUntil = this.#now() + this.#pauseMs;
      return { error };
    } finally {
      clearTimeout(timer);
    }
  }
}
