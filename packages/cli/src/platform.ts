import { parseArgs } from "node:util";
import { addressOf } from "@seaworthy/contract";
import type { AnswerOf, InputOf, Operation } from "@seaworthy/contract";
import { withDotEnv } from "./dot-env.ts";
import type { Terminal } from "./terminal.ts";

/** A test page takes as long as its receiver: the platform gives each up to 30 s. */
const TIMEOUT_MS = 60_000;

/** What was typed cannot be understood; the message says why. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A running platform, and what was typed besides its address. */
export interface Platform {
  readonly positionals: readonly string[];
  /** Whether the answer is wanted as the platform gives it. */
  readonly json: boolean;
  /** What the command's own options say. */
  readonly options: Readonly<Record<string, string | undefined>>;
  /** Calls an operation of its API; throws an Error with the platform's own words when it refuses. */
  ask<O extends Operation>(operation: O, input: InputOf<O>): Promise<AnswerOf<O>>;
}

/**
 * Runs a command that talks to a platform, and answers its exit code: 2 with the help for a UsageError,
 * 1 with the reason for any other error of `run`. Knows `--url`, `--json` and `--help`.
 */
export async function withPlatform(
  name: string,
  help: string,
  args: string[],
  terminal: Terminal,
  run: (platform: Platform) => Promise<number>,
  /** Options of the command's own; each takes a value. */
  own: readonly string[] = [],
): Promise<number> {
  try {
    const env = await withDotEnv(terminal.env, terminal.cwd);
    const { values, positionals } = read(args, own);
    const { url, json, help: isHelp, ...options } = values;
    if (isHelp) {
      terminal.out(help);
      return 0;
    }
    const base = address(
      typeof url === "string" ? url : env["SEAWORTHY_URL"] || "http://127.0.0.1:4000",
    );
    return await run({
      positionals,
      json,
      options: Object.fromEntries(
        Object.entries(options).map(([name, value]) => [
          name,
          typeof value === "string" ? value : undefined,
        ]),
      ),
      ask: (operation, input) => ask(base, env["SEAWORTHY_TOKEN"] ?? "", operation, input),
    });
  } catch (error) {
    const isUsage = error instanceof UsageError;
    terminal.err(`seaworthy ${name}: ${reasonOf(error)}\n${isUsage ? `\n${help}` : ""}`);
    return isUsage ? 2 : 1;
  }
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function read(args: string[], own: readonly string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        url: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        ...Object.fromEntries(own.map((name) => [name, { type: "string" } as const])),
      },
    });
  } catch (error) {
    throw new UsageError(reasonOf(error));
  }
}

function address(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new UsageError(`"${text}" is not an address such as http://127.0.0.1:4000`);
}

async function ask<O extends Operation>(
  base: URL,
  token: string,
  operation: O,
  input: InputOf<O>,
): Promise<AnswerOf<O>> {
  const given = input as { params?: unknown; query?: unknown; body?: unknown };
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(new URL(addressOf(operation, given), base), {
      method: operation.method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(given.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    answer = await response.json();
  } catch (error) {
    // fetch says no more than that it failed; its cause says why.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`${base.origin}: ${reasonOf(cause)}`, { cause: error });
  }
  if (response.ok) return operation.answer.parse(answer) as AnswerOf<O>;
  const detail =
    typeof answer === "object" && answer !== null && "detail" in answer ? answer.detail : undefined;
  const said = typeof detail === "string" ? detail : `answered ${response.status}`;
  throw new Error(`${base.origin}: ${said}`);
}
