import type { SelfMetrics } from "../../self/index.ts";

/** Kinds of faults that an answer tells; the rest is counted. */
const TOLD = 3;

type DropReason = Parameters<SelfMetrics["dropped"]>[1];

/** Which lines of a request were not stored although the rest was, and why. */
export class LogRefusals {
  readonly #counts = new Map<DropReason, number>();
  readonly #told: string[] = [];
  #lines = 0;

  get lines(): number {
    return this.#lines;
  }

  /** Notes a fault with the number of lines that it costs. `what` says what, where and why. */
  add(reason: DropReason, what: string, lines = 1): void {
    if (lines === 0) return;
    this.#lines += lines;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + lines);
    if (this.#told.length < TOLD) this.#told.push(what);
  }

  /** Counts what was lost under the server's own metrics. */
  count(metrics: Pick<SelfMetrics, "dropped">): void {
    for (const [reason, count] of this.#counts) metrics.dropped("logs", reason, count);
  }

  /** One line for the sender. `of`: lines that the request had in all. */
  message(of: number): string {
    return `${this.#lines} of ${of} lines were not stored, the others were; sending them again changes nothing: ${this.#told.join("; ")}`;
  }
}
