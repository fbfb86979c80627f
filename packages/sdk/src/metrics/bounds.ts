/**
 * Bounds on what may become a label value. Every distinct combination of label values is a series
 * that lives for as long as the process, so nothing that a caller can choose freely may become one.
 */

import { cutText } from "../cut-text.ts";

/** The value that stands for all combinations beyond a limit. */
export const overflow = "overflow";

/** Longest label value kept, in UTF-16 units; the rest is cut off. */
export const maxLabelLength = 128;

const loneSurrogate = /\p{Surrogate}/gu;

/** Makes any value a short, well-formed label value. */
export function labelValue(value: unknown): string {
  const text = typeof value === "string" ? value : String(value);
  return cutText(text, maxLabelLength).replace(loneSurrogate, "\uFFFD");
}

/** A set that refuses new members once it is full. */
export class BoundedSet {
  readonly #members = new Set<string>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#members.size;
  }

  /** True when `member` is in the set, or there was room to add it. */
  admit(member: string): boolean {
    if (this.#members.has(member)) return true;
    if (this.#members.size >= this.#limit) return false;
    this.#members.add(member);
    return true;
  }
}
