/** What a store says about one request. */
export interface Taken {
  readonly allowed: boolean;
  /** Requests left in the window after this one. */
  readonly remaining: number;
  /** Milliseconds until the oldest counted request leaves the window, which makes room for one more. */
  readonly resetMs: number;
}

/** Counts requests in a sliding window. */
export interface LimitStore {
  /**
   * Counts one request against `key` when fewer than `limit` were counted in the last `windowMs`
   * milliseconds. A refused request is not counted.
   */
  take(key: string, limit: number, windowMs: number): Promise<Taken>;
}
