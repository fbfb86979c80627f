import { createHash, randomBytes } from "node:crypto";
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

/** 256 bits: beyond guessing, so that a fast hash is enough to keep it. */
const SECRET_BYTES = 32;

/** A new secret for a session or a link, 43 characters of base64url. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

/** How secrets of our own making are kept: SHA-256. */
export function hashSecret(secret: string): Buffer {
  return createHash("sha256").update(secret, "utf8").digest();
}
