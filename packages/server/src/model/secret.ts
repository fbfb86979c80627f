import { inspect } from "node:util";

const HIDDEN = "<secret>";

/**
 * A secret of a configuration file. Printing, logging, inspecting or serialising it shows
 * `<secret>`; only `reveal()` gives the text, at the one place that sends it.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
