import { performance } from "node:perf_hooks";
import { outsideOfRequests } from "../context.ts";
import { Delivery } from "./delivery.ts";
import type { Packed } from "./pack.ts";
import { Pause } from "./pause.ts";
import { SpoolSender } from "./spool-sender.ts";
import { Spool } from "./spool.ts";

/** Why something was not delivered: a closed list, because it is a label value. */
export const dropReasons = [
  "queue_full",
  "rate",
  "refused",
  "undeliverable",
  "shutdown",
  "spool_full",
  "trace_full",
  "corrupt",
] as const;
export type DropReason = (typeof dropReasons)[number];

export const exporterDefaults = {
  /** Most items that wait. */
  maxQueue: 4_096,
  /** Most text that waits, in UTF-16 units. */
  maxQueueText: 16 * 1_048_576,
  /** Most items that are sent together. */
  maxBatch: 1_024,
  /** Most text that is sent together, but for an item that has more. */
  maxBatchText: 2 * 1_048_576,
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
  /** Makes the body of a request, OTLP as JSON, of those items that can be encoded. */
  readonly pack: (items: readonly Item[]) => Promise<Packed>;
  /** About how much text an item holds, in UTF-16 units. Must not throw. */
  readonly sizeOf: (item: Item) => number;
  readonly limits?: Partial<ExporterLimits>;
  /** Where batches wait on disk until they are delivered; in memory, for some attempts, without. */
  readonly spool?: { readonly folder: string; readonly signal: string; readonly maxBytes: number };
  /** Told of errors of our own, such as an item that cannot be encoded. */
  readonly caught: (error: unknown) => void;
}

/** How long the last batches may take to be on disk, in milliseconds; a disk may hang. */
const diskMs = 5_000;

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
  /** How much text is in the queue. */
  #text = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  /** Items of the batch that is being sent, as long as they are not accounted for. */
  #underWay = 0;
  #closed = false;
  #closing: Promise<void> | undefined;
  /** Between two attempts. */
  readonly #pause = new Pause();
  readonly #delivery: Delivery;
  readonly #spool: { readonly files: Spool; readonly sender: SpoolSender } | undefined;
  #second = 0;
  #taken = 0;

  constructor(parts: Parts<Item>) {
    this.#parts = parts;
    this.#limits = { ...exporterDefaults, ...parts.limits };
    this.#delivery = new Delivery(parts.url, parts.key, this.#limits);
    this.#spool = parts.spool === undefined ? undefined : this.#spooling(parts.spool);
  }

  #spooling(place: NonNullable<Parts<Item>["spool"]>) {
    const drop = (reason: DropReason, count: number) => this.#drop(reason, count);
    const files = new Spool({ ...place, lost: drop });
    const sender = new SpoolSender({
      spool: files,
      delivery: this.#delivery,
      maxAttempts: this.#limits.maxAttempts,
      sent: (count) => {
        this.#sent += count;
      },
      dropped: drop,
      caught: this.#parts.caught,
    });
    sender.start();
    return { files, sender };
  }

  /** Counts items that there was no room for before they came here. */
  lost(count: number): void {
    this.#drop("trace_full", count);
  }

  /** Items that were delivered. */
  get sent(): number {
    return this.#sent;
  }

  push(item: Item): void {
    const { maxPerSecond, waitMs } = this.#limits;
    const size = this.#parts.sizeOf(item);
    if (this.#closed) this.#drop("shutdown", 1);
    else if (!this.#hasRoom(size)) this.#drop("queue_full", 1);
    else if (maxPerSecond > 0 && !this.#withinRate(maxPerSecond)) this.#drop("rate", 1);
    else {
      this.#queue.push(item);
      this.#text += size;
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
      timer = setTimeout(resolve, this.#spool === undefined ? limitMs : Math.max(limitMs, diskMs));
    });
    this.#pause.wake();
    const startedAt = performance.now();
    if (this.#sending === undefined) this.#start();
    await Promise.race([this.#sending, late]);
    clearTimeout(timer);
    // Whether the batch under way arrives is not known any more.
    this.#drop("shutdown", this.#queue.length + this.#underWay);
    this.#underWay = 0;
    this.#queue = [];
    this.#text = 0;
    await this.#spool?.sender.close(Math.max(0, limitMs - (performance.now() - startedAt)));
  }

  #drop(reason: DropReason, count: number): void {
    if (count > 0) this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
  }

  #hasRoom(size: number): boolean {
    const { maxQueue, maxQueueText } = this.#limits;
    return this.#queue.length < maxQueue && this.#text + size <= maxQueueText;
  }

  /** Whether what waits need not wait for others. */
  #hasBatch(): boolean {
    const { maxBatch, maxBatchText } = this.#limits;
    return this.#queue.length >= maxBatch || this.#text >= maxBatchText;
  }

  /** The oldest items, as many as are sent together. */
  #takeBatch(): Item[] {
    const { maxBatch, maxBatchText } = this.#limits;
    let count = 0;
    let text = 0;
    for (const item of this.#queue) {
      const size = this.#parts.sizeOf(item);
      if (count > 0 && (count >= maxBatch || text + size > maxBatchText)) break;
      count += 1;
      text += size;
    }
    const batch = this.#queue.splice(0, count);
    // What an item holds may change while it waits.
    this.#text = this.#queue.length === 0 ? 0 : this.#text - text;
    return batch;
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
    const { pack, caught } = this.#parts;
    do {
      const batch = this.#takeBatch();
      this.#underWay = batch.length;
      try {
        const { body, count } = await pack(batch);
        this.#lose("undeliverable", batch.length - count);
        if (body === undefined) continue;
        if (!(await this.#spooled(body))) await this.#deliver(body);
      } catch (error) {
        this.#settle("undeliverable");
        caught(error);
      }
    } while (this.#hasBatch() || (this.#closed && this.#queue.length > 0));
  }

  /** Accounts for the batch that was being sent: delivered but for some, or dropped. */
  #settle(reason: DropReason, dropped = this.#underWay): void {
    this.#lose(reason, dropped);
    this.#sent += this.#underWay;
    this.#underWay = 0;
  }

  /** Drops so many of the batch that is being sent, as far as they are not accounted for. */
  #lose(reason: DropReason, count: number): void {
    const lost = Math.min(count, this.#underWay);
    this.#underWay -= lost;
    this.#drop(reason, lost);
  }

  /** Puts the batch on disk, if that is wished and possible, from where it is sent. */
  async #spooled(body: Uint8Array): Promise<boolean> {
    if (this.#spool === undefined) return false;
    const { files, sender } = this.#spool;
    try {
      await files.write(body, this.#underWay);
    } catch (error) {
      this.#parts.caught(error);
      return false;
    }
    this.#underWay = 0;
    sender.start();
    return true;
  }

  async #deliver(body: Uint8Array): Promise<void> {
    const { maxAttempts, maxBackoffMs } = this.#limits;
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const outcome = await this.#delivery.attempt(body);
      if (outcome.kind === "taken") {
        this.#settle("refused", outcome.rejected);
        return;
      }
      if (outcome.kind === "refused") {
        this.#settle("refused");
        this.#parts.caught(new Error(`${this.#parts.url.href} answered ${outcome.status}`));
        // A wrong key or address stays wrong for a while: the pause is then the longest.
        if (!this.#closed) await this.#pause.wait(maxBackoffMs);
        return;
      }
      if (this.#closed || attempt === maxAttempts) {
        this.#settle("undeliverable");
        return;
      }
      await this.#pause.wait(this.#delivery.pauseMs(attempt, outcome.askedMs));
    }
  }
}
