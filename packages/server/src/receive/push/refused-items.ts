import type { SelfMetrics } from "../../self/index.ts";
import type { PushReceipt } from "./intake.ts";

/** Kinds of faults that an answer tells; the rest is counted. */
const TOLD = 3;

type DropReason = Parameters<SelfMetrics["dropped"]>[1];

/** Which log lines or spans of a request were not stored although the rest was, and why. */
export class RefusedItems {
  readonly #subject: "logs" | "spans";
  readonly #counts = new Map<DropReason, number>();
  readonly #told: string[] = [];
  #size = 0;

  constructor(subject: "logs" | "spans") {
    this.#subject = subject;
  }

  get size(): number {
    return this.#size;
  }

  /** Notes a fault with the number of items that it costs. `what` says what, where and why. */
  add(reason: DropReason, what: string, items = 1): void {
    if (items === 0) return;
    this.#size += items;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + items);
    if (this.#told.length < TOLD) this.#told.push(what);
  }

  /** Counts what was lost under the server's own metrics. */
  count(metrics: Pick<SelfMetrics, "dropped">): void {
    for (const [reason, count] of this.#counts) metrics.dropped(this.#subject, reason, count);
  }

  /** What the sender is told of a request of which so much was stored. */
  receipt(stored: number, protobuf: boolean): PushReceipt {
    const refused = this.#size;
    const message = refused === 0 ? "" : this.#message(stored + refused);
    return { stored, refused, message, protobuf };
  }

  /** One line for the sender. `of`: items that the request had in all. */
  #message(of: number): string {
    const items = this.#subject === "logs" ? "lines" : "spans";
    return `${this.#size} of ${of} ${items} were not stored, the others were; sending them again changes nothing: ${this.#told.join("; ")}`;
  }
}
