import { outsideOfRequests } from "../context.ts";
import type { Delivery } from "./delivery.ts";
import { Pause } from "./pause.ts";
import type { Spool, Spooled } from "./spool.ts";

interface Parts {
  readonly spool: Spool;
  readonly delivery: Delivery;
  /** How often a batch is tried that is answered, and each time with a failure of the server's. */
  readonly maxAttempts: number;
  /** Told of what was delivered, and of what was given up. */
  readonly sent: (count: number) => void;
  readonly dropped: (reason: "refused" | "undeliverable", count: number) => void;
  readonly caught: (error: unknown) => void;
}

/** How long nothing is sent after a refusal or a fault of the disk, in milliseconds. */
const longPauseMs = 30_000;

/** Sends what is in the spool, oldest first, for as long as it takes. */
export class SpoolSender {
  readonly #parts: Parts;
  readonly #pause = new Pause();
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Begins with what is there, also from a former process. */
  start(): void {
    const { spool, caught } = this.#parts;
    if (this.#running !== undefined) return;
    outsideOfRequests(() => {
      this.#running = spool
        .open()
        .then(() => this.#sendAll())
        .catch(caught)
        .finally(() => {
          this.#running = undefined;
        });
    });
  }

  /** Sends for at most `limitMs` more; what is left stays on disk for the next process. */
  async close(limitMs: number): Promise<void> {
    this.#pause.wake();
    this.start();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([this.#running, late]);
    clearTimeout(timer);
    this.#closed = true;
    this.#pause.wake();
  }

  async #sendAll(): Promise<void> {
    const { spool } = this.#parts;
    let attempts = 0;
    let tried: Spooled | undefined;
    for (let file = spool.oldest; file !== undefined && !this.#closed; file = spool.oldest) {
      if (file !== tried) attempts = 0;
      tried = file;
      const body = await spool.read(file);
      if (body === undefined) continue;
      attempts += 1;
      await this.#send(file, body, attempts);
    }
  }

  async #send(file: Spooled, body: Uint8Array, attempts: number): Promise<void> {
    const { spool, delivery, maxAttempts, sent, dropped, caught } = this.#parts;
    const outcome = await delivery.attempt(body);
    if (outcome.kind === "taken") {
      const rejected = Math.min(outcome.rejected, file.count);
      sent(file.count - rejected);
      if (rejected > 0) dropped("refused", rejected);
      await spool.remove(file);
    } else if (outcome.kind === "refused") {
      dropped("refused", file.count);
      caught(new Error(`${delivery.url.href} answered ${outcome.status}`));
      await spool.remove(file);
      await this.#wait(longPauseMs);
    } else if (!outcome.absent && attempts >= maxAttempts) {
      // Somebody is there and chokes on this one: those behind it shall not wait for ever.
      dropped("undeliverable", file.count);
      await spool.remove(file);
    } else {
      spool.putBack();
      await this.#wait(delivery.pauseMs(attempts, outcome.askedMs));
    }
  }

  async #wait(milliseconds: number): Promise<void> {
    if (!this.#closed) await this.#pause.wait(milliseconds);
  }
}
