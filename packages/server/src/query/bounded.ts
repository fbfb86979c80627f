import { StoreError } from "../store/index.ts";

/** A caller's signal and a time limit as one. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether the time limit has ended the work. */
  readonly isOver: boolean;
  /** Lets go of the timer and of the caller's signal; to be called when the work has ended. */
  done(): void;
}

/**
 * Begins a deadline; one of 0 ms is over at once. Not by AbortSignal.any and timeout, which take 50 µs:
 * a thousand rules ask a thousand questions each time, most of them light.
 */
export function deadline(timeoutMs: number, signal: AbortSignal | undefined): Deadline {
  const stop = new AbortController();
  let isOver = false;
  const end = () => {
    isOver = true;
    stop.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  };
  const pass = () => stop.abort(signal?.reason);
  const timer = setTimeout(end, timeoutMs);
  timer.unref();
  if (signal?.aborted === true) pass();
  else signal?.addEventListener("abort", pass, { once: true });
  // A timer would come too late for what is answered from memory.
  if (timeoutMs <= 0) end();
  return {
    signal: stop.signal,
    get isOver() {
      return isOver;
    },
    done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", pass);
    },
  };
}

/** Runs `work` under the caller's signal and a time limit, and says by `late` if the limit ended it. */
export async function bounded<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = deadline(timeoutMs, signal);
  try {
    return await work(limit.signal);
  } catch (error) {
    if (limit.isOver || (error instanceof StoreError && error.code === "query_timeout")) {
      throw late();
    }
    throw error;
  } finally {
    limit.done();
  }
}
