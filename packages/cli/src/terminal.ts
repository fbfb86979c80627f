import { createInterface } from "node:readline/promises";

/** What a command says to, asks and knows of the place where it was typed. */
export interface Terminal {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  /** Whether colours are shown and not written as codes. */
  readonly colour: boolean;
  out(text: string): void;
  err(text: string): void;
  /** Asks, and resolves with what was typed. */
  ask(question: string): Promise<string>;
}

/** The terminal that this process was started from. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  return {
    cwd: process.cwd(),
    env,
    interactive: stdin.isTTY && stdout.isTTY,
    // https://no-color.org
    colour: stdout.isTTY && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb",
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

const codes = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2 } as const;

/** The text in a colour, where there are colours. */
export function paint(terminal: Terminal, colour: keyof typeof codes, text: string): string {
  return terminal.colour ? `\u001B[${codes[colour]}m${text}\u001B[0m` : text;
}
