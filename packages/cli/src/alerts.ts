import { getNoise, listUnusedRules } from "@seaworthy/contract";
import type { Noise, UnusedRules } from "@seaworthy/contract";
import { withPlatform, UsageError } from "./platform.ts";
import type { Platform } from "./platform.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** What `seaworthy alerts --help` prints. */
export const alertsHelp = `seaworthy alerts: which alerts are noisy, and which rules are of no use

Usage:
  seaworthy alerts noise [OPTIONS] [DAYS]    what alerts have cost in the last 7 (or DAYS) days:
                                             pages, and how many of them somebody acted on
  seaworthy alerts unused [OPTIONS] [DAYS]   rules that have not fired for 30 (or DAYS) days, and
                                             rules whose series do not exist

Options:
  --url URL  the platform (default: SEAWORTHY_URL, else http://127.0.0.1:4000)
  --json     print what the platform answers
  --help     show this

Environment (or .env):
  SEAWORTHY_URL    the platform
  SEAWORTHY_TOKEN  an API token of the platform

Exit codes:
  0  it was answered
  1  the platform refuses or cannot be reached
  2  the command cannot be understood

Examples:
  seaworthy alerts noise
  seaworthy alerts unused --json 60
`;

/** Runs the command; answers its exit code. */
export function alerts(args: string[], terminal: Terminal = processTerminal()): Promise<number> {
  return withPlatform("alerts", alertsHelp, args, terminal, async (platform) => {
    const [command, ...rest] = platform.positionals;
    if (command !== "noise" && command !== "unused")
      throw new UsageError(
        command === undefined ? "say noise or unused" : `there is no command "alerts ${command}"`,
      );
    const answer = await ask(command, daysOf(rest), platform);
    terminal.out(platform.json ? `${JSON.stringify(answer.json, undefined, 2)}\n` : answer.text);
    return 0;
  });
}

function daysOf([days, ...more]: readonly string[]): { days?: number } {
  if (days === undefined) return {};
  const number = Number(days);
  if (more.length > 0 || !(number > 0))
    throw new UsageError(`"${[days, ...more].join(" ")}" is not a number of days`);
  return { days: number };
}

async function ask(command: "noise" | "unused", query: { days?: number }, platform: Platform) {
  if (command === "noise") {
    const noise = await platform.ask(getNoise, { query });
    return { json: noise, text: describeNoise(noise) };
  }
  const unused = await platform.ask(listUnusedRules, { query });
  return { json: unused, text: describeUnused(unused) };
}

function describeNoise({ since, pages, actedOn, alerts: noisy }: Noise): string {
  const lines = noisy.map(
    (alert) =>
      `${alert.name}  fired ${alert.firings}, ${Math.round(alert.firingSeconds / 60)} min in all, ${alert.pages} pages, ${alert.actedOn} acted on${alert.receivers.length === 0 ? "" : `  (${alert.receivers.join(", ")})`}`,
  );
  const head = `since ${since}: ${pages} pages, ${actedOn} acted on`;
  return `${[head, ...(lines.length === 0 ? ["no alert has fired"] : lines)].join("\n")}\n`;
}

function describeUnused({ since, neverFired, withoutSeries, truncated }: UnusedRules): string {
  const place = ({ file, group }: { file: string; group: string }) => `${group} in ${file}`;
  const lines = [
    ...neverFired.map(
      (rule) =>
        `has not fired  ${rule.name}  ${place(rule)}${rule.lastFiredAt === null ? "" : `, last ${rule.lastFiredAt}`}`,
    ),
    ...withoutSeries.map(
      (rule) =>
        `${rule.blind ? "cannot fire" : "misses series"}  ${rule.name}  ${place(rule)}: ${rule.missing.join(", ")}`,
    ),
    ...(truncated ? ["there are more selectors than were looked for"] : []),
  ];
  return `${[`since ${since}`, ...(lines.length === 0 ? ["every rule is of use"] : lines)].join("\n")}\n`;
}
