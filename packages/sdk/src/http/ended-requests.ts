import { outsideOfRequests } from "../context.ts";

/** What is known of a request that has ended. */
export interface EndedRequest {
  readonly requestId: string;
  readonly traceId: string;
  readonly method: string;
  /** Without the query. */
  readonly url: string;
  /** The route's template, or undefined when no route matched. */
  readonly template: string | undefined;
  readonly status: number;
  /** How long it took. */
  readonly milliseconds: number;
  /** When it ended, as ISO 8601. */
  readonly timestamp: string;
  /** Of the body; undefined when not known. */
  readonly requestBytes: number | undefined;
  /** Of the body; undefined when not known. */
  readonly responseBytes: number | undefined;
  readonly error: unknown;
}

/** So many are recorded together. */
const together = 64;
/** How long one waits for others, in milliseconds. */
const waitMs = 10;

/**
 * Requests that have ended and are to be recorded, some together: what counts a request and writes its
 * line is not in the processor's caches right after a response was sent, and takes three times as long
 * there as it takes for the next one.
 */
export class EndedRequests {
  readonly #record: (ended: EndedRequest) => void;
  #waiting: EndedRequest[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param record must not throw. */
  constructor(record: (ended: EndedRequest) => void) {
    this.#record = record;
  }

  /** Records the request with those that come next, at most ten milliseconds from now. */
  add(ended: EndedRequest): void {
    const waiting = this.#waiting.push(ended);
    if (waiting >= together) this.settle();
    else if (waiting === 1) this.#wait();
  }

  /** Records all that wait; whoever reads what is recorded asks for it. */
  settle(): void {
    const settled = this.#waiting;
    if (settled.length === 0) return;
    this.#waiting = [];
    for (const ended of settled) this.#record(ended);
  }

  #wait(): void {
    if (this.#timer !== undefined) {
      this.#timer.refresh();
      return;
    }
    // A timer remembers the request that started it. It keeps no process: who ends one settles.
    outsideOfRequests(() => {
      this.#timer = setTimeout(() => this.settle(), waitMs).unref();
    });
  }
}
