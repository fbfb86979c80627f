import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { outsideOfRequests } from "../context.ts";
import { post, type Answer } from "./post.ts";

/** Why something was not delivered: a closed list, because it is a label value. */
export const dropReasons = ["queue_full", "rate", "refused", "undeliverable", "shutdown"] as const;
export type DropReason = (typeof dropReasons)[number];

export const exporterDefaults = {
  /** Most items that wait. */
  maxQueue: 4_096,
  /** Most items that are sent together. */
  maxBatch: 1_024,
  /** Most items taken in a second; 0 for no limit. */
  maxPerSecond: 0,
  /** How long an item waits for others, in milliseconds. */
  waitMs: 1_000,
  /** Pause after a first failure, doubled after each further one up to the longest, in milliseconds. */
  backoffMs: 1_000,
  maxBackoffMs: 30_000,
  /** How often one batch is tried. */
  maxAttempts: 8,
  /** Longest time that one attempt may take, in milliseconds. */
  attemptMs: 10_000,
};
export type ExporterLimits = typeof exporterDefaults;

interface Parts<Item> {
  readonly url: URL;
  readonly key: string;
  /** Makes the body of a request, OTLP as JSON. */
  readonly encode: (items: readonly Item[]) => string;
  readonly limits?: Partial<ExporterLimits>;
  /** Told of errors of our own, such as an item that cannot be encoded. */
  readonly caught: (error: unknown) => void;
}

const compress = promisify(gzip);

/**
 * Sends items in batches, one batch at a time, and holds a bounded number while the other side is
 * away. Taking an item never waits and never throws; what cannot be delivered is dropped and counted.
 */
export class Exporter<Item> {
  readonly dropped = new Map<DropReason, number>();
  #sent = 0;
  readonly #parts: Parts<Item>;
  readonly #limits: ExporterLimits;
  #queue: Item[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  /** Items of the batch that is being sent, as long as they are not accounted for. */
  #underWay = 0;
  #closed = false;
  #closing: Promise<void> | undefined;
  /** Ends the pause between two attempts, when one is being made. */
  #wake: (() => void) | undefined;
  #second = 0;
  #taken = 0;

  constructor(parts: Parts<Item>) {
    this.#parts = parts;
    this.#limits = { ...exporterDefaults, ...parts.limits };
  }

  /** Items that were delivered. */
  get sent(): number {
    return this.#sent;
  }

  push(item: Item): void {
    const { maxQueue, maxPerSecond, waitMs } = this.#limits;
    if (this.#closed) this.#drop("shutdown", 1);
    else if (this.#queue.length >= maxQueue) this.#drop("queue_full", 1);
    else if (maxPerSecond > 0 && !this.#withinRate(maxPerSecond)) this.#drop("rate", 1);
    else {
      this.#queue.push(item);
      if (this.#timer !== undefined || this.#sending !== undefined) return;
      // A timer remembers the request that started it, and the connections it opens would too.
      outsideOfRequests(() => {
        this.#timer = setTimeout(this.#start, waitMs).unref();
      });
    }
  }

  /** Sends what is held, for at most `limitMs`; what is left then is dropped. Never rejects. */
  close(limitMs: number): Promise<void> {
    this.#closing ??= this.#close(limitMs);
    return this.#closing;
  }

  async #close(limitMs: number): Promise<void> {
    this.#closed = true;
    // While it waits the timer keeps the process; nothing else here does.
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    this.#wake?.();
    if (this.#sending === undefined) this.#start();
    await Promise.race([this.#sending, late]);
    clearTimeout(timer);
    // Whether the batch under way arrives is not known any more.
    this.#drop("shutdown", this.#queue.length + this.#underWay);
    this.#underWay = 0;
    this.#queue = [];
  }

  #drop(reason: DropReason, count: number): void {
    if (count > 0) this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
  }

  #withinRate(perSecond: number): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#taken = 0;
    }
    this.#taken += 1;
    return this.#taken <= perSecond;
  }

  readonly #start = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#queue.length === 0) return;
    this.#sending = this.#sendAll().finally(() => {
      this.#sending = undefined;
      // What came in the meantime, less than a batch, waits for others again.
      if (this.#queue.length > 0 && !this.#closed)
        this.#timer = setTimeout(this.#start, this.#limits.waitMs).unref();
    });
  };

  async #sendAll(): Promise<void> {
    const { maxBatch } = this.#limits;
    do {
      const batch = this.#queue.splice(0, maxBatch);
      this.#underWay = batch.length;
      try {
        const body = await compress(this.#parts.encode(batch), { level: 1 });
        await this.#deliver(body);
      } catch (error) {
        this.#settle("undeliverable");
        this.#parts.caught(error);
      }
    } while (this.#queue.length >= maxBatch || (this.#closed && this.#queue.length > 0));
  }

  /** Accounts for the batch that was being sent: delivered but for some, or dropped. */
  #settle(reason: DropReason, dropped = this.#underWay): void {
    const lost = Math.min(dropped, this.#underWay);
    this.#sent += this.#underWay - lost;
    this.#drop(reason, lost);
    this.#underWay = 0;
  }

  async #deliver(body: Uint8Array): Promise<void> {
    const { maxAttempts } = this.#limits;
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const answer = await this.#attempt(body);
      const status = answer?.status ?? 0;
      if (status >= 200 && status < 300) {
        this.#settle("refused", rejectedItems(answer?.body ?? ""));
        return;
      }
      // A wrong key or address stays wrong for a while: the pause is then the longest.
      const retry = answer === undefined || status === 408 || status === 429 || status >= 500;
      if (this.#closed || attempt === maxAttempts || !retry) {
        this.#settle(retry ? "undeliverable" : "refused");
        if (!retry) this.#parts.caught(new Error(`${this.#parts.url.href} answered ${status}`));
        if (!retry && !this.#closed) await this.#pause(this.#limits.maxBackoffMs);
        return;
      }
      await this.#pause(this.#pauseAfter(attempt, answer));
    }
  }

  async #attempt(body: Uint8Array): Promise<Answer | undefined> {
    const { url, key } = this.#parts;
    const headers = {
      "content-type": "application/json",
      "content-encoding": "gzip",
      authorization: `Bearer ${key}`,
    };
    try {
      return await post(url, body, { headers, attemptMs: this.#limits.attemptMs });
    } catch {
      // Absent, reset, or too slow. It is counted when the batch is given up.
      return undefined;
    }
  }

  /** Doubling, spread out so that many services do not come back at once, or as the server asks. */
  #pauseAfter(attempt: number, answer: Answer | undefined): number {
    const { backoffMs, maxBackoffMs } = this.#limits;
    const asked = Number(answer?.retryAfter) * 1000;
    if (asked > 0) return Math.min(asked, maxBackoffMs);
    return Math.min(backoffMs * 2 ** (attempt - 1), maxBackoffMs) * (0.5 + Math.random() / 2);
  }

  #pause(milliseconds: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds).unref();
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

/** How many items an OTLP partial success says were not taken. Anything else says none. */
function rejectedItems(body: string): number {
  if (!body.includes("partialSuccess")) return 0;
  try {
    const { partialSuccess } = JSON.parse(body) as { readonly partialSuccess?: unknown };
    if (typeof partialSuccess !== "object" || partialSuccess === null) return 0;
    for (const [name, value] of Object.entries(partialSuccess))
      if (name.startsWith("rejected") && Number(value) > 0) return Math.floor(Number(value));
  } catch {
    // Not what OTLP says; the status was a success.
  }
  return 0;
}
