import { SamplesRefused } from "../../model/index.ts";
import type { RefusalReason } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";

/** Kinds of faults that an answer tells; the rest is counted. */
const TOLD = 5;

type DropReason = Parameters<SelfMetrics["dropped"]>[1];

const REASONS: Readonly<Record<RefusalReason, DropReason>> = {
  too_old: "out_of_order",
  too_new: "out_of_bounds",
  series_limit: "over_limit",
};

/** What of a request was not stored although the rest was, and why. */
export class Refusals {
  readonly #counts = new Map<DropReason, number>();
  readonly #told: string[] = [];
  #samples = 0;
  #faults = 0;

  /** Samples that were refused. */
  get samples(): number {
    return this.#samples;
  }

  /** Whether anything was refused, be it a series without samples. */
  get any(): boolean {
    return this.#faults > 0;
  }

  /** Notes a fault with the number of samples that it costs. `what` says what, where and why. */
  add(reason: DropReason, what: string, samples: number): void {
    this.#faults += 1;
    this.#samples += samples;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + samples);
    if (this.#told.length < TOLD) this.#told.push(what);
  }

  /** Notes what the store refused. */
  addStore(refused: SamplesRefused): void {
    this.add("invalid", refused.message, 0);
    this.#samples += refused.samples;
    for (const [reason, count] of refused.reasons) {
      const name = REASONS[reason];
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
    }
  }

  /** Counts what was lost under the server's own metrics. */
  count(metrics: Pick<SelfMetrics, "dropped">): void {
    for (const [reason, count] of this.#counts) metrics.dropped("samples", reason, count);
  }

  /** What was wrong, in one line. */
  reasons(): string {
    const more = this.#faults - this.#told.length;
    return `${this.#told.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
  }

  /** One line for the sender's log. `of`: samples that the request had in all. */
  message(of: number): string {
    return `${this.#samples} of ${of} samples were not stored, the others were; sending them again changes nothing: ${this.reasons()}`;
  }
}
