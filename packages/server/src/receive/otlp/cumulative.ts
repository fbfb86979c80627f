/**
 * Sums up deltas: each series' running value, kept in memory. What was summed up is lost with the
 * process, which readers see as a counter's reset. Nothing is kept of a request until it is stored,
 * so a request that is sent again counts once.
 */
export class CumulativeStore<V> {
  readonly #limit: number;
  readonly #idleMs: number;
  /** In the order in which they were last added to. */
  readonly #states = new Map<string, State<V>>();

  /** `limit`: series that are kept; `idleMs`: after which one makes room for another. */
  constructor(limit: number, idleMs: number) {
    this.#limit = limit;
    this.#idleMs = idleMs;
  }

  /** Begins a request at the time `now`. */
  begin(now: number): CumulativeRequest<V> {
    const changed = new Map<string, State<V>>();
    let added = 0;
    return {
      add: (key, { start, time, delta }, sum) => {
        const before = changed.get(key) ?? this.#states.get(key);
        if (before === undefined) {
          if (this.#states.size + added >= this.#limit && !this.#makeRoom(now)) return "full";
          added += 1;
        } else if (time <= before.time) return "repeated";
        else if (start !== 0 && start < before.time) return "overlapping";
        const value = before === undefined ? delta : sum(before.value, delta);
        changed.set(key, { value, time, touched: now });
        return { value };
      },
      commit: () => {
        for (const [key, state] of changed) {
          this.#states.delete(key);
          this.#states.set(key, state);
        }
      },
    };
  }

  #makeRoom(now: number): boolean {
    for (const [key, { touched }] of this.#states) {
      if (now - touched < this.#idleMs) return false;
      this.#states.delete(key);
      return true;
    }
    return false;
  }
}

interface State<V> {
  readonly value: V;
  /** Of the last delta, ms since 1970. */
  readonly time: number;
  /** When it came, ms since 1970. */
  readonly touched: number;
}

/** One delta: what happened from `start` (0 for not told) to `time`, ms since 1970. */
export interface Delta<V> {
  readonly start: number;
  readonly time: number;
  readonly delta: V;
}

/** What one request adds. */
export interface CumulativeRequest<V> {
  /**
   * The sum with this delta; "repeated" for one that came before, "overlapping" for one that begins
   * before the last one's end, "full" when it would be one series too many.
   */
  add(
    key: string,
    delta: Delta<V>,
    sum: (before: V, delta: V) => V,
  ): { readonly value: V } | "repeated" | "overlapping" | "full";
  /** Keeps what was added: it has been stored. */
  commit(): void;
}
