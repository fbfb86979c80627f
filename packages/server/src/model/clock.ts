/** A started timer. */
export interface Timer {
  cancel(): void;
}

/** Time as the rooms see it, so that tests can hold it still. Milliseconds since 1970. */
export interface Clock {
  now(): number;
  /** Calls `run` once, `ms` from now. Errors of `run` are the caller's to handle. */
  after(ms: number, run: () => void): Timer;
}

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const handle = setTimeout(run, Math.max(0, ms));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
