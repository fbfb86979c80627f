import {
  acknowledgeIncident,
  escalateIncident,
  getIncident,
  listIncidents,
  openIncident,
  resolveIncident,
} from "@seaworthy/contract";
import type { Incident, IncidentSummary } from "@seaworthy/contract";
import { UsageError, withPlatform } from "./platform.ts";
import type { Platform } from "./platform.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** What `seaworthy incident --help` prints. */
export const incidentHelp = `seaworthy incident: see, open, answer and close incidents

Usage:
  seaworthy incident [list] [OPTIONS]             the open ones, or those of --state
  seaworthy incident show [OPTIONS] NUMBER        one with its timeline
  seaworthy incident open [OPTIONS] TITLE         open one by hand
  seaworthy incident acknowledge [OPTIONS] NUMBER say that you are on it
  seaworthy incident escalate [OPTIONS] NUMBER    page the next ones at once
  seaworthy incident resolve [OPTIONS] NUMBER     close it

Options:
  --state STATE      list: open, resolved or all (default: open)
  --severity P1|P2|P3  open: how bad it is (default: P2)
  --service NAME     open: the service that it is about
  --comment TEXT     open, resolve: a note for the timeline
  --url URL          the platform (default: SEAWORTHY_URL, else http://127.0.0.1:4000)
  --json             print what the platform answers
  --help             show this

Environment (or .env):
  SEAWORTHY_URL    the platform
  SEAWORTHY_TOKEN  an API token of the platform; all but list and show need the scope write

Exit codes:
  0  it was done
  1  the platform refuses or cannot be reached
  2  the command cannot be understood

Examples:
  seaworthy incident open "Checkout is slow" --severity P2 --service checkout
  seaworthy incident acknowledge 12
  seaworthy incident list --state all --json
`;

const OPTIONS = ["state", "severity", "service", "comment"] as const;

/** The options that each command knows: another one would have no effect, and is refused. */
const KNOWN: Readonly<Record<string, readonly (typeof OPTIONS)[number][]>> = {
  list: ["state"],
  show: [],
  open: ["severity", "service", "comment"],
  acknowledge: [],
  escalate: [],
  resolve: ["comment"],
};

/** Runs the command; answers its exit code. */
export function incident(args: string[], terminal: Terminal = processTerminal()): Promise<number> {
  return withPlatform(
    "incident",
    incidentHelp,
    args,
    terminal,
    async (platform) => {
      const [command = "list", ...rest] = platform.positionals;
      const known = Object.hasOwn(KNOWN, command) ? KNOWN[command] : undefined;
      if (known === undefined) throw new UsageError(`there is no command "incident ${command}"`);
      for (const name of OPTIONS) {
        if (platform.options[name] !== undefined && !known.includes(name))
          throw new UsageError(`"incident ${command}" takes no --${name}`);
      }
      const answer = await ask(platform, command, rest);
      if (platform.json) terminal.out(`${JSON.stringify(answer, undefined, 2)}\n`);
      else if ("incidents" in answer) {
        for (const one of answer.incidents) terminal.out(`${lineOf(one, terminal)}\n`);
        if (answer.incidents.length === 0) terminal.err("there is no such incident\n");
      } else {
        terminal.out(`${lineOf(answer, terminal)}\n`);
        if (command === "show") terminal.out(timelineOf(answer));
      }
      return 0;
    },
    OPTIONS,
  );
}

function ask(platform: Platform, command: string, rest: readonly string[]) {
  const { options } = platform;
  if (command === "list") {
    if (rest.length > 0) throw new UsageError("list takes no names");
    return platform.ask(listIncidents, { query: { state: oneOf("state", options["state"]) } });
  }
  const [subject, ...more] = rest;
  if (subject === undefined || more.length > 0) {
    throw new UsageError(
      command === "open" ? "give one title, in quotes" : "name one incident by its number",
    );
  }
  const { comment } = options;
  const noted = comment === undefined ? {} : { comment };
  if (command === "open") {
    const severity = oneOf("severity", options["severity"]);
    const service = options["service"] ?? null;
    return platform.ask(openIncident, { body: { title: subject, severity, service, ...noted } });
  }
  const params = { id: subject.replace(/^#/, "") };
  if (command === "show") return platform.ask(getIncident, { params });
  if (command === "resolve") return platform.ask(resolveIncident, { params, body: noted });
  return platform.ask(command === "escalate" ? escalateIncident : acknowledgeIncident, { params });
}

const CHOICES = {
  state: ["open", "resolved", "all"],
  severity: ["P2", "P1", "P3"],
} as const;

/** The option's value, or the first choice where it is not given. */
function oneOf<Name extends keyof typeof CHOICES>(
  name: Name,
  value: string | undefined,
): (typeof CHOICES)[Name][number] {
  const choices: readonly (typeof CHOICES)[Name][number][] = CHOICES[name];
  const found = choices.find((choice) => choice === (value ?? choices[0]));
  if (found === undefined)
    throw new UsageError(`--${name} is one of ${choices.join(", ")}, not "${value}"`);
  return found;
}

function lineOf(one: IncidentSummary, { style }: Terminal): string {
  const state = one.state === "triggered" ? style.bad(one.state) : one.state;
  const who = one.acknowledgedBy === null ? "" : `  ${one.acknowledgedBy} is on it`;
  const service = one.service === null ? "" : `  ${one.service}`;
  return `#${one.number}  ${one.severity}  ${state}  ${one.title}${service}  since ${one.openedAt}${who}`;
}

function timelineOf({ timeline }: Incident): string {
  return timeline.map(({ at, actor, text }) => `${at}  ${actor}  ${text}\n`).join("");
}
