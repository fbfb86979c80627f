import { listReceivers, testReceiver } from "@seaworthy/contract";
import type { AnswerOf } from "@seaworthy/contract";
import { UsageError, withPlatform } from "./platform.ts";
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

/** Runs the command; answers its exit code. */
export function receivers(args: string[], terminal: Terminal = processTerminal()): Promise<number> {
  return withPlatform("receivers", receiversHelp, args, terminal, async (platform) => {
    const { json, positionals } = platform;
    const [command, name, ...more] = positionals;
    if (command !== undefined && command !== "test")
      throw new UsageError(`there is no command "receivers ${command}"`);
    if (command === "test" && (name === undefined || more.length > 0))
      throw new UsageError("name one receiver of alertmanager.yml");
    const answer =
      name === undefined
        ? await platform.ask(listReceivers, {})
        : await platform.ask(testReceiver, { params: { name } });
    if (json) terminal.out(`${JSON.stringify(answer, undefined, 2)}\n`);
    const lines = "receivers" in answer ? health(answer) : pages(answer);
    if (!json)
      for (const { good, text } of lines) terminal.out(`${mark(terminal, good)}  ${text}\n`);
    return lines.every(({ good }) => good) ? 0 : 1;
  });
}

interface Line {
  readonly good: boolean;
  readonly text: string;
}

function mark({ style }: Terminal, good: boolean): string {
  return good ? style.good("works") : style.bad("fails");
}

function health({ receivers }: AnswerOf<typeof listReceivers>): Line[] {
  return receivers.flatMap(({ name, integrations }) =>
    integrations.map(({ integration, index, succeededAt, error }): Line => {
      const last = succeededAt === null ? "never reached" : `last reached ${succeededAt}`;
      const why = error === null ? "" : `: ${error}`;
      return { good: error === null, text: `${name}  ${integration}[${index}]  ${last}${why}` };
    }),
  );
}

function pages({ results }: AnswerOf<typeof testReceiver>): Line[] {
  if (results.length === 0)
    return [{ good: false, text: "the receiver has no integration, so nobody is told" }];
  return results.map(({ integration, index, error }) => ({
    good: error === null,
    text: `${integration}[${index}]  ${error ?? "the test page arrived"}`,
  }));
}
