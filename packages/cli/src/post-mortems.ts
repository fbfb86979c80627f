import { exportPostMortem, listPostMortems } from "@seaworthy/contract";
import { UsageError, withPlatform } from "./platform.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** What `seaworthy post-mortem --help` prints. */
export const postMortemHelp = `seaworthy post-mortem: see which are due, and export them

Usage:
  seaworthy post-mortem [list] [OPTIONS]        ended incidents, and how far each has got
  seaworthy post-mortem export [OPTIONS] NUMBER the text with its actions, as Markdown

Options:
  --url URL          the platform (default: SEAWORTHY_URL, else http://127.0.0.1:4000)
  --json             print what the platform answers
  --help             show this

Environment (or .env):
  SEAWORTHY_URL    the platform
  SEAWORTHY_TOKEN  an API token of the platform

Exit codes:
  0  it was done
  1  the platform refuses or cannot be reached
  2  the command cannot be understood

Examples:
  seaworthy post-mortem list
  seaworthy post-mortem export 12 > post-mortem-12.md
`;

/** Runs the command; answers its exit code. */
export function postMortem(
  args: string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  return withPlatform("post-mortem", postMortemHelp, args, terminal, async (platform) => {
    const { positionals, json } = platform;
    const [command = "list", id, ...rest] = positionals;
    if (command === "list" && id === undefined) {
      const answer = await platform.ask(listPostMortems, {});
      const lines = answer.postMortems.map(
        ({ number, severity, state, dueAt, title }) =>
          `#${number}  ${severity}  ${state.padEnd(8)}  due ${dueAt.slice(0, 16)}Z  ${title}\n`,
      );
      terminal.out(json ? `${JSON.stringify(answer, undefined, 2)}\n` : lines.join(""));
      return 0;
    }
    if (command !== "export") throw new UsageError(`there is no command "post-mortem ${command}"`);
    if (id === undefined || rest.length > 0) throw new UsageError("say one incident's number");
    const answer = await platform.ask(exportPostMortem, { params: { id } });
    terminal.out(json ? `${JSON.stringify(answer, undefined, 2)}\n` : answer.markdown);
    return 0;
  });
}
