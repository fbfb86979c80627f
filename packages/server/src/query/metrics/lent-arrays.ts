/** Arrays that are kept for the next reader; two slices of a query are read at once. */
const KEPT = 2;
/** Larger ones are left to the collector: 2 million samples. */
const MAX_BYTES = 32_000_000;

/**
 * Lends out arrays for samples, one reader each at a time. Those that nobody has are held weakly: the
 * collector takes them when there are no queries for a while.
 */
export class LentArrays<Arrays extends { readonly bytes: number }> {
  readonly #make: () => Arrays;
  readonly #idle: WeakRef<Arrays>[] = [];

  constructor(make: () => Arrays) {
    this.#make = make;
  }

  borrow(): Arrays {
    for (;;) {
      const idle = this.#idle.pop();
      if (idle === undefined) return this.#make();
      const arrays = idle.deref();
      if (arrays !== undefined) return arrays;
    }
  }

  giveBack(arrays: Arrays): void {
    if (this.#idle.length < KEPT && arrays.bytes <= MAX_BYTES) this.#idle.push(new WeakRef(arrays));
  }
}
