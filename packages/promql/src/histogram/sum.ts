import { HistogramAccumulator } from "./accumulator.ts";
import { divide, joinedHint } from "./arithmetic.ts";
import type { CounterResetHint, NativeHistogram } from "./histogram.ts";

/** The sum or the mean of histograms added one by one. */
export class HistogramSum {
  /** Exponential and custom buckets met: there is no result. */
  incompatible = false;
  readonly #mean: boolean;
  readonly #hints = new Set<CounterResetHint>();
  #count = 0;
  #total: HistogramAccumulator | undefined;
  /** The total is a mean already, because a sum would have overflowed. */
  #incremental = false;

  constructor(mean: boolean) {
    this.#mean = mean;
  }

  add(histogram: NativeHistogram): void {
    this.#hints.add(histogram.counterResetHint);
    this.#count += 1;
    const total = this.#total;
    if (total === undefined) {
      this.#total = new HistogramAccumulator(histogram);
      return;
    }
    if (this.incompatible || !total.accepts(histogram)) {
      this.incompatible = true;
      return;
    }
    const count = this.#count;
    if (this.#mean && !this.#incremental && overflows(total, histogram)) {
      this.#incremental = true;
      total.scaleBy(1 / (count - 1));
    }
    if (this.#incremental) total.scaleBy((count - 1) / count);
    // Divided, not multiplied by the reciprocal: opposite large values must still cancel exactly.
    total.add(this.#incremental ? divide(histogram, count) : histogram);
  }

  get resetCollision(): boolean {
    return this.#hints.has("reset") && this.#hints.has("not_reset");
  }

  get reconciled(): boolean {
    return this.#total?.reconciled ?? false;
  }

  get result(): NativeHistogram | undefined {
    const total = this.#total;
    if (this.incompatible || total === undefined) return undefined;
    if (this.#mean && !this.#incremental) {
      this.#incremental = true;
      total.scaleBy(1 / this.#count);
    }
    return total.result(joinedHint(this.#hints));
  }
}

/** Whether adding would take a number out of the range of floats. */
function overflows(total: HistogramAccumulator, other: NativeHistogram): boolean {
  const leaves = (sum: number, value: number): boolean =>
    Math.abs(sum + value) === Number.POSITIVE_INFINITY;
  return (
    leaves(total.count.sum, other.count) ||
    leaves(total.sum.sum, other.sum) ||
    leaves(total.zeroCount.sum, other.zeroCount)
  );
}
