/** Watches how late this process gets to its work. */
export interface EventLoopWatch {
  /** A health check: rejects when the loop was held up for too long in the last seconds. */
  readonly check: { readonly name: string; run(): Promise<void> };
  stop(): void;
}

const EVERY = 50;
/** A hold-up is remembered for one to two of these, in ms. */
const WINDOW = 10_000;

/** Begins to watch; `maxDelay` is the longest hold-up, in ms, that passes as healthy. */
export function watchEventLoop(maxDelay: number): EventLoopWatch {
  let windowStart = performance.now();
  let expected = windowStart + EVERY;
  let longest = 0;
  let longestBefore = 0;
  const tick = () => {
    const now = performance.now();
    longest = Math.max(longest, now - expected);
    expected = now + EVERY;
    if (now - windowStart < WINDOW) return;
    windowStart = now;
    longestBefore = longest;
    longest = 0;
  };
  const timer = setInterval(tick, EVERY).unref();
  return {
    check: {
      name: "event loop",
      async run() {
        // A hold-up that has not let the timer run yet counts as well.
        const delay = Math.max(longest, longestBefore, performance.now() - expected);
        if (delay > maxDelay) {
          throw new Error(
            `the event loop was held up for ${Math.round(delay)} ms, more than ${maxDelay} ms`,
          );
        }
      },
    },
    stop: () => clearInterval(timer),
  };
}
