/** Lets a few run at once, some wait, and turns the rest away. */
export class Gate {
  readonly #atOnce: number;
  readonly #most: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: { readonly atOnce: number; readonly most: number }) {
    this.#atOnce = options.atOnce;
    this.#most = options.most;
  }

  /** Runs `work` when its turn comes; undefined when too many are ahead of it. */
  async run<T>(work: () => Promise<T>): Promise<{ readonly result: T } | undefined> {
    if (this.#running >= this.#atOnce) {
      if (this.#running + this.#waiting.length >= this.#most) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return { result: await work() };
    } finally {
      // The place is handed on, so that nobody can take it between the two.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
