import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock, Labels, LogBatch, LogSink, Timer } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import { LogCollector } from "../logs/collector.ts";
import type { LogLimits } from "../logs/limits.ts";
import type { Mask } from "../logs/mask.ts";

/** Lines of a batch, and how long one waits to become fuller, ms. */
const BATCH_LINES = 5000;
const BATCH_MS = 200;
/** Between two tries to store a batch, ms. */
const RETRY_MS = 1000;

interface LineQueueOptions {
  readonly protocol: string;
  readonly logs: LogSink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly mask: Mask;
  readonly limits: LogLimits;
  readonly metrics: Pick<SelfMetrics, "dropped" | "linesReceived">;
  /** What may wait to be stored, bytes. */
  readonly maxBytes: number;
  /** Told when there is room again after there was none. */
  readonly drained: () => void;
}

/**
 * Lines of senders that are told nothing, on their way to the store: collected for a moment, stored
 * batch by batch, and tried again as long as the store cannot. Who can be made to wait asks `isFull`.
 */
export class LineQueue {
  readonly #options: LineQueueOptions;
  #collector: LogCollector;
  #collected = 0;
  #waiting = 0;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LineQueueOptions) {
    this.#options = options;
    this.#collector = this.#fresh();
  }

  /** Whether more should not come. */
  get isFull(): boolean {
    return this.#waiting >= this.#options.maxBytes;
  }

  /** What waits to be stored, bytes. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Adds a line; one whose time is missing or cannot be stored has the time of its arrival. */
  add(labels: Labels, time: bigint | undefined, line: string, metadata: Labels): void {
    const collector = this.#collector;
    const { clock, limits } = this.#options;
    const now = BigInt(clock.now()) * 1_000_000n;
    const good =
      time !== undefined &&
      time > now - BigInt(limits.pastMs) * 1_000_000n &&
      time < now + BigInt(limits.futureMs) * 1_000_000n;
    collector.add(collector.stream(labels), good ? time : now, line, metadata);
    const bytes = line.length * 2 + 200;
    this.#collected += bytes;
    this.#waiting += bytes;
    if (collector.size + collector.refusals.size >= BATCH_LINES) this.#send();
    else this.#timer ??= clock.after(BATCH_MS, () => this.#send());
  }

  /** Stores what has come so far, or, when the store cannot, tries on. */
  flush(): Promise<void> {
    this.#send();
    return this.#writing;
  }

  /** Stores what has come; what the store refuses now is lost. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  #fresh(): LogCollector {
    const { limits, mask, clock } = this.#options;
    return new LogCollector({ limits, mask, now: clock.now() });
  }

  #send(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const [collector, bytes] = [this.#collector, this.#collected];
    if (bytes === 0) return;
    this.#collector = this.#fresh();
    this.#collected = 0;
    const fingerprint = randomBytes(8).readBigUInt64LE() || 1n;
    const batch = collector.build(() => fingerprint);
    const { metrics, protocol, log } = this.#options;
    const { refusals, size } = collector;
    refusals.count(metrics);
    if (refusals.size > 0) log.warn({ protocol }, refusals.receipt(size, false).message);
    this.#writing = this.#writing.then(async () => {
      if (await this.#store(batch)) metrics.linesReceived(protocol, size);
      else metrics.dropped("logs", "store_unavailable", size);
      const wasFull = this.isFull;
      this.#waiting -= bytes;
      if (wasFull && !this.isFull) this.#options.drained();
    });
  }

  /** Tries until it is stored; sent again, a batch is known by its fingerprint. */
  async #store(batch: LogBatch): Promise<boolean> {
    const { logs, log, clock, protocol } = this.#options;
    for (;;) {
      try {
        await logs.write(batch);
        return true;
      } catch (error) {
        log.error({ protocol, reason: messageOf(error) }, "log lines could not be stored yet");
        if (this.#closed || error instanceof RangeError) return false;
        await new Promise<void>((resolve) => void clock.after(RETRY_MS, resolve));
      }
    }
  }
}
