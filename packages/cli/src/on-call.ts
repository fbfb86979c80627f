import { getOnCall } from "@seaworthy/contract";
import type { OnCallNow } from "@seaworthy/contract";
import { withPlatform, UsageError } from "./platform.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** What `seaworthy on-call --help` prints. */
export const onCallHelp = `seaworthy on-call: who is on call now, and who is next

Usage:
  seaworthy on-call [OPTIONS] [SCHEDULE]   by every schedule, or by the one that is named

Options:
  --url URL  the platform (default: SEAWORTHY_URL, else http://127.0.0.1:4000)
  --json     print what the platform answers
  --help     show this

Environment (or .env):
  SEAWORTHY_URL    the platform
  SEAWORTHY_TOKEN  an API token of the platform

Exit codes:
  0  somebody is on call by each schedule
  1  nobody is by one of them, or there is no such schedule, or the platform refuses
  2  the command cannot be understood

Examples:
  seaworthy on-call
  seaworthy on-call Backend
`;

/** Runs the command; answers its exit code. */
export function onCall(args: string[], terminal: Terminal = processTerminal()): Promise<number> {
  return withPlatform("on-call", onCallHelp, args, terminal, async (platform) => {
    const [name, ...more] = platform.positionals;
    if (more.length > 0) throw new UsageError("name one schedule, or none for all");
    const { schedules } = await platform.ask(getOnCall, {});
    const wanted = schedules.filter(
      ({ schedule }) => name === undefined || schedule.name.toLowerCase() === name.toLowerCase(),
    );
    if (name !== undefined && wanted.length === 0)
      throw new Error(`there is no schedule "${name}"`);
    if (platform.json) terminal.out(`${JSON.stringify({ schedules: wanted }, undefined, 2)}\n`);
    else for (const one of wanted) terminal.out(`${lineOf(one, terminal)}\n`);
    if (wanted.length === 0) terminal.err("there is no schedule yet: make one under On-call\n");
    return wanted.every(({ now }) => now !== null) ? 0 : 1;
  });
}

function lineOf({ schedule, now, next }: OnCallNow, { style }: Terminal): string {
  const who =
    now === null
      ? style.bad("nobody")
      : `${now.person.name} <${now.person.email}>${now.until === null ? "" : ` until ${now.until}`}`;
  const later = next === null ? "" : `, then ${next.person.name} from ${next.from}`;
  return `${schedule.name}  ${who}${later}`;
}
