import { StoreError } from "../errors.ts";

/** Work that waits for its turn. */
interface Waiting<T> {
  readonly start: (session: T) => void;
  readonly fail: (reason: Error) => void;
}

/**
 * Sessions with the engine. A session runs one statement at a time and sessions run beside each
 * other, so as many statements run at once as there are sessions; the rest wait in order.
 */
export class Pool<T> {
  readonly #idle: T[];
  readonly #waiting: Waiting<T>[] = [];
  #closed = false;

  constructor(sessions: readonly T[]) {
    this.#idle = [...sessions];
  }

  /**
   * Runs `work` on the next free session, which is free again when the promise of `work` settles;
   * that must not be before the engine is done with it. Rejects with the signal's reason when it
   * fires while waiting.
   */
  async run<R>(work: (session: T) => Promise<R>, signal?: AbortSignal): Promise<R> {
    const session = await this.#acquire(signal);
    try {
      return await work(session);
    } finally {
      this.#release(session);
    }
  }

  /** Refuses what waits and what comes. */
  close(): void {
    this.#closed = true;
    for (const waiting of this.#waiting.splice(0)) waiting.fail(closedError());
  }

  async #acquire(signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    if (this.#closed) throw closedError();
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    return new Promise((resolve, reject) => {
      const settled = () => signal?.removeEventListener("abort", abort);
      const waiting: Waiting<T> = {
        start: (session) => {
          settled();
          resolve(session);
        },
        fail: (reason) => {
          settled();
          reject(reason);
        },
      };
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        waiting.fail(abortReason(signal));
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.push(waiting);
    });
  }

  #release(session: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(session);
    else next.start(session);
  }
}

/** The reason of a signal that fired, as an Error. */
export function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}

function closedError(): StoreError {
  return new StoreError("store_unavailable", "the metrics store is closed");
}
