import { cutText } from "../cut-text.ts";
import type { Attribute } from "../export/otlp.ts";

/** Most attributes of one span. */
const maxAttributes = 64;
/** Of an attribute that is a text, in characters: thousands of spans may wait. */
const maxText = 4_000;

/** The attributes of a span that may wait with others: bounded in number and length. */
export class SpanAttributes {
  readonly all: Record<string, Attribute | undefined> = {};
  #size = 0;

  /** Sets one, if it is known or there is room. */
  set(name: string, value: Attribute | undefined): void {
    if (!Object.hasOwn(this.all, name)) {
      if (this.#size >= maxAttributes) return;
      this.#size += 1;
    }
    this.all[name] = typeof value === "string" ? cutText(value, maxText) : value;
  }
}
