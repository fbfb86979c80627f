import type { Clock, Timer } from "../../packages/server/src/model/clock.ts";

interface Waiting {
  readonly due: number;
  readonly run: () => void;
  handle: NodeJS.Timeout | undefined;
}

/** The machine's clock, which a test can put forward: what comes due on the way runs at once. */
export class SkippingClock implements Clock {
  #ahead = 0;
  readonly #waiting = new Set<Waiting>();

  now(): number {
    return Date.now() + this.#ahead;
  }

  after(ms: number, run: () => void): Timer {
    const timer: Waiting = { due: this.now() + Math.max(0, ms), run, handle: undefined };
    this.#waiting.add(timer);
    this.#start(timer);
    return {
      cancel: () => {
        clearTimeout(timer.handle);
        this.#waiting.delete(timer);
      },
    };
  }

  /** Puts the clock forward by `ms`. */
  skip(ms: number): void {
    this.#ahead += ms;
    for (const timer of this.#waiting) {
      clearTimeout(timer.handle);
      this.#start(timer);
    }
  }

  #start(timer: Waiting): void {
    timer.handle = setTimeout(
      () => {
        this.#waiting.delete(timer);
        timer.run();
      },
      Math.max(0, timer.due - this.now()),
    );
    timer.handle.unref();
  }
}
