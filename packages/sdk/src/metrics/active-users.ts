import { cutText } from "../cut-text.ts";

/** How long a user counts as active after being seen, in milliseconds. */
const windowMs = 5 * 60_000;
/** Longest identifier told apart; it is held for as long as its user is active. */
const maxId = 128;

/**
 * Counts the distinct users seen in the last five minutes. Holds at most `limit` identifiers, and
 * forgets the one seen longest ago when full, so memory stays bounded and the count is then a floor.
 */
export class ActiveUsers {
  // A Map keeps insertion order; seeing a user moves it to the end, so the front is the oldest.
  readonly #seenAt = new Map<string, number>();
  readonly #limit: number;
  readonly #now: () => number;

  constructor(limit = 50_000, now: () => number = () => performance.now()) {
    this.#limit = limit;
    this.#now = now;
  }

  /** Notes that this user did something now. The identifier stays in the process. */
  seen(userId: string | number): void {
    // Whatever else it is names nobody, and perhaps cannot even be made a text.
    if (!["string", "number", "bigint"].includes(typeof userId)) return;
    const id = cutText(String(userId), maxId);
    this.#seenAt.delete(id);
    this.#seenAt.set(id, this.#now());
    if (this.#seenAt.size <= this.#limit) return;
    const oldest = this.#seenAt.keys().next();
    if (!oldest.done) this.#seenAt.delete(oldest.value);
  }

  /** The number of distinct users seen in the last five minutes. */
  count(): number {
    const since = this.#now() - windowMs;
    for (const [id, at] of this.#seenAt) {
      if (at > since) break;
      this.#seenAt.delete(id);
    }
    return this.#seenAt.size;
  }
}
