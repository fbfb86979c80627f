import type { Clock } from "../../model/index.ts";
import { Bucket } from "./bucket.ts";
import { QuotaError } from "./quotas.ts";
import type { Sender } from "./quotas.ts";

/** Rates of log lines and spans, a second as a mean over some ten; null: none. */
export interface Rates {
  readonly logLinesPerSecond: number | null;
  /** Of the lines' texts. */
  readonly logBytesPerSecond: number | null;
  readonly spansPerSecond: number | null;
}

const WORDS = {
  logLinesPerSecond: "log lines",
  logBytesPerSecond: "bytes of log lines",
  spansPerSecond: "spans",
} as const satisfies Record<keyof Rates, string>;
type Name = keyof Rates;

/** Keys whose rates are kept; those that were silent longest are forgotten. */
const MAX_SENDERS = 10_000;

/** Holds the platform and each key to their rates. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #platform: Map<Name, Bucket>;
  readonly #senders = new Map<string, Map<Name, Bucket>>();

  /** `platform`: what all senders together may. */
  constructor(clock: Clock, platform: Partial<Rates> = {}) {
    this.#clock = clock;
    this.#platform = bucketsOf(platform, clock.now());
  }

  /** Throws QuotaError (429) when the sender, or all, have sent more of these than they may. */
  check(sender: Sender | undefined, names: readonly Name[]): void {
    const now = this.#clock.now();
    const key = sender?.limits === undefined ? undefined : `the key "${sender.name}"`;
    for (const [buckets, who] of [
      [this.#platform, "this server"],
      [this.#bucketsOf(sender), key ?? ""],
    ] as const) {
      for (const name of names) {
        const bucket = buckets.get(name);
        const seconds = bucket?.wait(now);
        if (bucket === undefined || seconds === undefined) continue;
        throw new QuotaError(
          `${who} may ${buckets === this.#platform ? "take" : "send"} ${bucket.rate} ${WORDS[name]} a second, and there have been more; nothing of this request was stored, send it again in ${seconds} s`,
          429,
          seconds,
        );
      }
    }
  }

  /** Takes what a request has from the credit. */
  spend(sender: Sender | undefined, amounts: Partial<Record<Name, number>>): void {
    for (const buckets of [this.#platform, this.#bucketsOf(sender)]) {
      for (const [name, bucket] of buckets) bucket.spend(amounts[name] ?? 0);
    }
  }

  #bucketsOf(sender: Sender | undefined): Map<Name, Bucket> {
    if (sender?.limits === undefined) return new Map();
    const known = this.#senders.get(sender.id);
    const buckets = known ?? bucketsOf(sender.limits, this.#clock.now());
    this.#senders.delete(sender.id);
    this.#senders.set(sender.id, buckets);
    const [oldest] = this.#senders.keys();
    if (this.#senders.size > MAX_SENDERS && oldest !== undefined) this.#senders.delete(oldest);
    return buckets;
  }
}

function bucketsOf(rates: Partial<Rates>, now: number): Map<Name, Bucket> {
  const buckets = new Map<Name, Bucket>();
  for (const name of Object.keys(WORDS) as Name[]) {
    const rate = rates[name];
    if (rate !== null && rate !== undefined) buckets.set(name, new Bucket(rate, now));
  }
  return buckets;
}
