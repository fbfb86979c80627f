import { StoreError } from "../store/index.ts";

/** Runs `work` under the caller's signal and a time limit, and says by `late` if the limit ended it. */
export async function bounded<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    return await work(signal === undefined ? timeout : AbortSignal.any([timeout, signal]));
  } catch (error) {
    if (timeout.aborted || (error instanceof StoreError && error.code === "query_timeout")) {
      throw late();
    }
    throw error;
  }
}
