/** What arrives together within this time goes together, ms. */
const GATHER_MS = 5;

interface Waiting<T> {
  readonly item: T;
  readonly size: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Commits items in groups, because each commit makes a part that the engine must merge. The first
 * item after a pause waits a moment for others of its time; what comes while a commit runs, or too
 * soon after one began, goes together in the next. An item is never divided between commits.
 */
export class GroupCommit<T> {
  readonly #commit: (items: readonly T[]) => Promise<void>;
  readonly #limits: { readonly everyMs: number; readonly maxSize: number };
  #waiting: Waiting<T>[] = [];
  #lastAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #committing: Promise<void> | undefined;
  #closed = false;

  /** `maxSize`: of one commit, unless one item alone is larger. */
  constructor(
    limits: { readonly everyMs: number; readonly maxSize: number },
    commit: (items: readonly T[]) => Promise<void>,
  ) {
    this.#limits = limits;
    this.#commit = commit;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves once `item` is committed. */
  add(item: T, size: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#waiting.push({ item, size, resolve, reject });
      this.#schedule();
    });
  }

  /** Commits what waits. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#committing;
    while (this.#waiting.length > 0) await this.#commitGroup();
  }

  #schedule(): void {
    if (this.#committing !== undefined || this.#timer !== undefined || this.#closed) return;
    const wait = this.#lastAt + this.#limits.everyMs - performance.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#start();
      },
      Math.max(GATHER_MS, wait),
    );
  }

  #start(): void {
    this.#lastAt = performance.now();
    this.#committing = this.#commitGroup().finally(() => {
      this.#committing = undefined;
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  async #commitGroup(): Promise<void> {
    const group = this.#takeGroup();
    try {
      await this.#commit(group.map(({ item }) => item));
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const { resolve } of group) resolve();
  }

  #takeGroup(): Waiting<T>[] {
    let total = 0;
    let count = 0;
    for (const { size } of this.#waiting) {
      if (count > 0 && total + size > this.#limits.maxSize) break;
      total += size;
      count += 1;
    }
    const group = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    return group;
  }
}
