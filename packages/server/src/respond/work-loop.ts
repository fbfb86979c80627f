import type { Logger } from "pino";
import { messageOf } from "../model/index.ts";
import type { Clock, Timer } from "../model/index.ts";

/** Times in milliseconds. */
const LIMITS = {
  /** Another server may have begun something that this one does not know of. */
  look: 5000,
  /** What another server has under its lock is not asked for all the time. */
  shortestLook: 50,
} as const;

export interface WorkLoopOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * Does all that is due; answers when something will be next, as far as is known. What takes many steps
   * asks before each whether it is to go on.
   */
  readonly work: (goesOn: () => boolean) => Promise<Date | null>;
  /** For the log, when work fails as a whole. */
  readonly failure: string;
  /** The longest time between two looks, ms. */
  readonly look?: number;
}

/**
 * Work over the records that any number of servers share: done when something is due or was heard of,
 * one run at a time, and looked for every few seconds in case another server was killed with it.
 */
export class WorkLoop {
  readonly #options: WorkLoopOptions;
  #timer: Timer | undefined;
  #working: Promise<void> | undefined;
  /** Whether something came while work was under way that may not have seen it. */
  #again = false;
  #running = false;

  constructor(options: WorkLoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = true;
    this.wake();
  }

  /** Ends; awaits what is under way. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#timer?.cancel();
    await this.#working;
  }

  /** Does what is due now, and resolves when it is done. */
  async settle(): Promise<void> {
    this.wake();
    while (this.#working !== undefined) await this.#working;
  }

  /** Does what is due, now or after what is under way. */
  wake(): void {
    if (!this.#running) return;
    if (this.#working !== undefined) {
      this.#again = true;
      return;
    }
    this.#timer?.cancel();
    this.#working = this.#work().finally(() => {
      this.#working = undefined;
      if (this.#again) this.wake();
    });
  }

  /** Does all that is due, then sleeps until something is. */
  async #work(): Promise<void> {
    const { clock, log, work, failure, look = LIMITS.look } = this.#options;
    let wait = look;
    try {
      let next: Date | null;
      do {
        this.#again = false;
        next = await work(() => this.#running);
      } while (this.#again && this.#running);
      if (next !== null) wait = Math.min(wait, next.getTime() - clock.now());
    } catch (error) {
      log.error({ reason: messageOf(error) }, failure);
    }
    if (this.#running)
      this.#timer = clock.after(Math.max(LIMITS.shortestLook, wait), () => this.wake());
  }
}
