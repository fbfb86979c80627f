import { createInterface } from "node:readline/promises";
import { styleFor, type Style } from "./style.ts";

/** What a command says to, asks and knows of the place where it was typed. */
export interface Terminal {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  readonly style: Style;
  out(text: string): void;
  err(text: string): void;
  /** Asks, and resolves with what was typed. */
  ask(question: string): Promise<string>;
}

/** The terminal that this process was started from. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  // Who reads has gone (`seaworthy … | head`): the command still does its work.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  return {
    cwd: process.cwd(),
    env,
    interactive: stdin.isTTY && stdout.isTTY,
    style: styleFor(stdout, env),
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    ask: async (question) => {
      const lines = createInterface({ input: stdin, output: stdout });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
  };
}
