import { styleFor } from "../src/style.ts";
import type { Terminal } from "../src/terminal.ts";

export interface FakeTerminal extends Terminal {
  /** All that was written to it so far. */
  written(): string;
  errors(): string;
}

/** A terminal in the folder, with `answer` typed by a person where one is there. */
export function fakeTerminal(
  cwd: string,
  options: {
    answer?: string;
    colour?: boolean;
    env?: Record<string, string | undefined>;
  } = {},
): FakeTerminal {
  let out = "";
  let err = "";
  return {
    cwd,
    env: options.env ?? {},
    interactive: options.answer !== undefined,
    style: styleFor({ isTTY: options.colour ?? false }, {}),
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    ask: (question) => {
      out += question;
      return Promise.resolve(options.answer ?? "");
    },
    written: () => out,
    errors: () => err,
  };
}
