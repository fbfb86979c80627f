import type { Logger } from "pino";
import { messageOf } from "../model/index.ts";
import type { Clock, Timer } from "../model/index.ts";
import { putHeartbeat, readHeartbeat } from "../store/index.ts";
import type { HeartbeatRecord, Records } from "../store/index.ts";
import { defaultHttpConfig } from "./config/http-client.ts";
import type { HttpSender } from "./notify/http/sender.ts";

/** The alert that always fires: its rule proves that rules are evaluated and alerts arrive here. */
export const WATCHDOG = "Watchdog";
/** The only heartbeat there is; the records could hold more. */
const NAME = "outside";

/** Whom to tell that alerts flow. */
export interface HeartbeatPolicy {
  /** Asked for by GET: what watches from outside raises its own alarm when it is not. */
  readonly url: string;
  /** Milliseconds. */
  readonly interval: number;
}

export interface HeartbeatOptions {
  readonly policy: HeartbeatPolicy | undefined;
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly sender: HttpSender;
  /** Whether the watchdog's alert fires now. */
  readonly watchdogFires: () => boolean;
}

/**
 * The dead man's switch. As long as the watchdog's alert comes in and the records can be written, an
 * address outside is called; when any part of the chain is dead, it is not called, and whoever
 * watches there tells people.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: Timer | undefined;
  #stopped = false;
  #beating: Promise<void> = Promise.resolve();

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    const { policy, clock } = this.#options;
    if (policy === undefined || this.#stopped) return;
    this.#timer = clock.after(policy.interval, () => {
      this.#beating = this.#beat(policy.url).finally(() => this.start());
    });
  }

  /** Resolves when no call is under way. */
  settled(): Promise<void> {
    return this.#beating;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#beating;
  }

  /** When the outside was told last. */
  read(): Promise<HeartbeatRecord | undefined> {
    return readHeartbeat(this.#options.records.db, NAME);
  }

  async #beat(url: string): Promise<void> {
    const { clock, log, records, sender, watchdogFires } = this.#options;
    try {
      // Nothing is said to the outside before it is known that the records answer.
      await records.ping();
      let error = `the alert ${WATCHDOG} does not fire: rules are not evaluated, or alerts do not arrive`;
      if (watchdogFires()) {
        const exchange = await sender.exchange({
          method: "GET",
          url,
          http: defaultHttpConfig,
          timeout: 0,
          idempotencyKey: String(clock.now()),
        });
        error = exchange.ok ? "" : exchange.outcome.error;
      }
      if (error !== "") log.warn({ error }, "the heartbeat was not sent");
      await putHeartbeat(records.db, NAME, {
        at: clock.now(),
        error: error === "" ? undefined : error,
      });
    } catch (error) {
      log.warn({ error: messageOf(error) }, "the heartbeat was not sent");
    }
  }
}
