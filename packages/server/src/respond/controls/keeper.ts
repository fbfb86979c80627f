import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock, Timer } from "../../model/index.ts";

/** Times in milliseconds. */
const LIMITS = {
  /** Another server may have changed something that this one was not told of. */
  look: 5000,
  /** What another server has under its lock is not asked for all the time. */
  shortestLook: 50,
} as const;

interface KeeperOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Does all that is due now. */
  readonly due: () => Promise<void>;
  /** When the next thing is due; null when nothing is. */
  readonly next: () => Promise<Date | null>;
}

/** Does what is due, then sleeps until the next thing is. */
export class Keeper {
  readonly #options: KeeperOptions;
  #timer: Timer | undefined;
  #working: Promise<void> | undefined;
  /** Whether something came while work was under way that may not have seen it. */
  #again = false;
  #running = false;

  constructor(options: KeeperOptions) {
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
    this.#again = false;
    this.#working = this.#work().finally(() => {
      this.#working = undefined;
      if (this.#again) this.wake();
    });
  }

  async #work(): Promise<void> {
    const { clock, log, due, next } = this.#options;
    let wait: number = LIMITS.look;
    try {
      await due();
      const at = await next();
      if (at !== null) wait = Math.min(wait, at.getTime() - clock.now());
    } catch (error) {
      log.error({ reason: messageOf(error) }, "controls could not be put back; trying again");
    }
    if (this.#running)
      this.#timer = clock.after(Math.max(LIMITS.shortestLook, wait), () => this.wake());
  }
}
