/** What was due at the same moment arrives within this time, ms. */
const GATHER_MS = 5;

/** When and how much is committed together. */
interface GroupLimits {
  /** From the beginning of one commit to the next, ms. */
  readonly everyMs: number;
  /** Of one commit, unless one item alone is larger. */
  readonly maxSize: number;
  /** So much is worth a part of its own and waits only for what is just coming. Default: never. */
  readonly fullSize?: number;
}

interface Waiting<T> {
  readonly item: T;
  readonly size: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Commits items in groups, because each commit makes a part that the engine must merge. The first
 * item after a pause waits a moment for others of its time; what comes while a commit runs, or too
 * soon after one began, goes together in the next; so much that it is worth a part of its own waits
 * only for what is just coming. An item is never divided between commits.
 */
export class GroupCommit<T> {
  readonly #commit: (items: readonly T[]) => Promise<void>;
  readonly #limits: GroupLimits;
  #waiting: Waiting<T>[] = [];
  #waitingSize = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  /** The next commit, with the time since which it is planned. */
  #timer: { readonly since: number; readonly timeout: NodeJS.Timeout } | undefined;
  #committing: Promise<void> | undefined;
  #closed = false;

  constructor(limits: GroupLimits, commit: (items: readonly T[]) => Promise<void>) {
    this.#limits = limits;
    this.#commit = commit;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The sizes of what waits for its commit to begin. */
  get waitingSize(): number {
    return this.#waitingSize;
  }

  /** Resolves once `item` is committed. */
  add(item: T, size: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#waiting.push({ item, size, resolve, reject });
      this.#waitingSize += size;
      this.#schedule();
    });
  }

  /** Commits what waits. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer?.timeout);
    await this.#committing;
    while (this.#waiting.length > 0) await this.#commitGroup();
  }

  #schedule(): void {
    if (this.#committing !== undefined || this.#closed) return;
    const now = performance.now();
    const { everyMs, fullSize = Number.POSITIVE_INFINITY } = this.#limits;
    // More time would make the senders wait and the engine no less work, but for what is just coming.
    const isFull = this.#waitingSize >= fullSize;
    if (this.#timer !== undefined && !isFull) return;
    clearTimeout(this.#timer?.timeout);
    const since = this.#timer?.since ?? now;
    const due = isFull
      ? Math.min(now + GATHER_MS, since + everyMs)
      : Math.max(now + GATHER_MS, this.#lastAt + everyMs);
    const start = () => {
      this.#timer = undefined;
      this.#start();
    };
    this.#timer = { since, timeout: setTimeout(start, due - now) };
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
    this.#waitingSize -= total;
    const group = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    return group;
  }
}
