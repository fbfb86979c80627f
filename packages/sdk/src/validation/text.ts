import { z } from "zod";
import { knownOptions, type OptionNames } from "../known-options.ts";

export interface SafeTextOptions {
  /** Fewest characters, after trimming. Default: 1. */
  readonly min?: number;
  /** Most characters (code points). Default: 200. */
  readonly max?: number;
  /** Whether line breaks and tabs are allowed. Default: false. */
  readonly multiline?: boolean;
}

// Controls, halves of surrogate pairs, marks that turn the direction of what follows, and code points
// that are no characters: nobody types them, and they make texts look like others.
const unsafe =
  /[\p{Cc}\p{Cs}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF\uFFF9-\uFFFB\uFDD0-\uFDEF\u{E0000}-\u{E007F}]/u;

const safeTextOptionsNames: OptionNames<SafeTextOptions> = {
  min: true,
  max: true,
  multiline: true,
};

/**
 * A text that people wrote: trimmed, in Unicode's composed form, without control characters and without
 * marks that change how the text around it looks. It is not escaped: that is for the place where it is
 * shown.
 */
export function safeText(options: SafeTextOptions = {}) {
  knownOptions("safeText", options, safeTextOptionsNames);
  const { min = 1, max = 200, multiline = false } = options;
  return z.string().transform((text, context) => {
    const refuse = (message: string) => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    // Code units are at most two for each code point; what is longer need not be looked at.
    if (text.length > 2 * max + 1_000) return refuse(`must have at most ${max} characters`);
    const lines = multiline ? text.replaceAll(/\r\n?/g, "\n") : text;
    const clean = lines.normalize("NFC").trim();
    const length = Array.from(clean).length;
    if (length < min) return refuse(`must have at least ${min} characters`);
    if (length > max) return refuse(`must have at most ${max} characters`);
    if (unsafe.test(multiline ? clean.replaceAll(/[\n\t]/g, "") : clean))
      return refuse("must not have control characters");
    return clean;
  });
}

/** A UUID of RFC 9562, in lower case; of any version unless told. */
export function uuid(version?: "v1" | "v3" | "v4" | "v5" | "v6" | "v7" | "v8") {
  return z.uuid(version === undefined ? {} : { version }).toLowerCase();
}
