import { parseArgs } from "node:util";
import { listReceivers, testReceiver } from "@seaworthy/contract";
import { withDotEnv } from "./dot-env.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** What `seaworthy receivers --help` prints. */
export const receiversHelp = `seaworthy receivers: when receivers were last reached, and test pages

Usage:
  seaworthy receivers [OPTIONS]             list them
  seaworthy receivers test [OPTIONS] NAME   send a test page by every integration of NAME

Options:
  --url URL  the platform (default: SEAWORTHY_URL, else http://127.0.0.1:4000)
  --json     print what the platform answers
  --help     show this

Environment (or .env):
  SEAWORTHY_URL    the platform
  SEAWORTHY_TOKEN  an API token of the platform; a test page needs the scope write

Exit codes:
  0  everything arrived
  1  a page did not arrive, or the last delivery failed, or the platform refuses
  2  the command cannot be understood

Examples:
  seaworthy receivers
  seaworthy receivers test on-call
`;

/** A page takes as long as its receiver: the platform gives each up to 30 s. */
const TIMEOUT_MS = 60_000;

/** Runs the command; answers its exit code. */
export async function receivers(
  args: string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  let platform: URL;
  let json: boolean;
  let name: string | undefined;
  const env = await withDotEnv(terminal.env, terminal.cwd);
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        url: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) {
      terminal.out(receiversHelp);
      return 0;
    }
    const [command, wanted, ...more] = positionals;
    if (command !== undefined && command !== "test")
      throw new Error(`there is no command "receivers ${command}"`);
    if (command === "test" && (wanted === undefined || more.length > 0))
      throw new Error("name one receiver of alertmanager.yml");
    name = wanted;
    json = values.json;
    platform = new URL(values.url ?? (env["SEAWORTHY_URL"] || "http://127.0.0.1:4000"));
  } catch (error) {
    terminal.err(
      `seaworthy receivers: ${error instanceof Error ? error.message : String(error)}\n\n${receiversHelp}`,
    );
    return 2;
  }
  const path =
    name === undefined
      ? listReceivers.path
      : testReceiver.path.replace(":name", encodeURIComponent(name));
  try {
    const response = await fetch(new URL(path, platform), {
      method: name === undefined ? listReceivers.method : testReceiver.method,
      headers: { authorization: `Bearer ${env["SEAWORTHY_TOKEN"] ?? ""}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(refusal(response.status, answer));
    if (json) terminal.out(`${JSON.stringify(answer, undefined, 2)}\n`);
    const lines = name === undefined ? health(answer) : pages(answer);
    if (!json)
      for (const { good, text } of lines) terminal.out(`${mark(terminal, good)}  ${text}\n`);
    return lines.every(({ good }) => good) ? 0 : 1;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    terminal.err(`seaworthy receivers: ${platform.origin}: ${reason}\n`);
    return 1;
  }
}

interface Line {
  readonly good: boolean;
  readonly text: string;
}

function mark({ style }: Terminal, good: boolean): string {
  return good ? style.good("works") : style.bad("fails");
}

function health(answer: unknown): Line[] {
  return listReceivers.answer.parse(answer).receivers.flatMap(({ name, integrations }) =>
    integrations.map(({ integration, index, succeededAt, error }): Line => {
      const last = succeededAt === null ? "never reached" : `last reached ${succeededAt}`;
      const why = error === null ? "" : `: ${error}`;
      return { good: error === null, text: `${name}  ${integration}[${index}]  ${last}${why}` };
    }),
  );
}

function pages(answer: unknown): Line[] {
  const { results } = testReceiver.answer.parse(answer);
  if (results.length === 0)
    return [{ good: false, text: "the receiver has no integration, so nobody is told" }];
  return results.map(({ integration, index, error }) => ({
    good: error === null,
    text: `${integration}[${index}]  ${error ?? "the test page arrived"}`,
  }));
}

function refusal(status: number, answer: unknown): string {
  const detail =
    typeof answer === "object" && answer !== null && "detail" in answer ? answer.detail : undefined;
  return typeof detail === "string" ? detail : `answered ${status}`;
}
