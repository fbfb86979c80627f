/**
 * A map that forgets what has not been asked for lately: it holds two generations of up to `size`
 * entries, and a full young one takes the old one's place. What is in use moves on, so a table in use
 * never starts from nothing.
 */
export class Generations<V> {
  readonly #size: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  #turn = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** A number that changes when a generation has passed: entries that were not asked for are older. */
  get turn(): number {
    return this.#turn;
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#size) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#turn += 1;
    }
    this.#young.set(key, value);
  }
}
