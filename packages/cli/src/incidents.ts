import {
  acknowledgeIncident,
  escalateIncident,
  figuresCsv,
  getIncident,
  getIncidentFigures,
  incidentState,
  listIncidents,
  mergeIncident,
  moveIncident,
  openIncident,
  reopenIncident,
  resolveIncident,
} from "@seaworthy/contract";
import type { Incident, IncidentSummary } from "@seaworthy/contract";
import { figuresText } from "./incident-figures.ts";
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
  seaworthy incident state [OPTIONS] NUMBER STATE bring it into a state, e.g. identified
  seaworthy incident resolve [OPTIONS] NUMBER     close it
  seaworthy incident reopen [OPTIONS] NUMBER      open it again; nobody is paged
  seaworthy incident merge NUMBER OTHER           move all that it holds into the other
  seaworthy incident figures [OPTIONS]            times to detect, answer and resolve

Options:
  --state STATE      list: open, resolved or all (default: open)
  --severity P1|P2|P3|maintenance  open: how bad it is (default: P2)
  --service NAME     open: the service that it is about
  --comment TEXT     open, state, resolve, reopen: a note for the timeline
  --days N           figures: of so many days until now (default: 90)
  --format csv       figures: as CSV, for a spreadsheet
  --url URL          the platform (default: SEAWORTHY_URL, else http://127.0.0.1:4000)
  --json             print what the platform answers
  --help             show this

Environment (or .env):
  SEAWORTHY_URL    the platform
  SEAWORTHY_TOKEN  an API token of the platform; all but list, show and figures need the scope write

Exit codes:
  0  it was done
  1  the platform refuses or cannot be reached
  2  the command cannot be understood

Examples:
  seaworthy incident open "Checkout is slow" --severity P2 --service checkout
  seaworthy incident acknowledge 12
  seaworthy incident list --state all --json
  seaworthy incident figures --days 365 --format csv
`;

const OPTIONS = ["state", "severity", "service", "comment", "days", "format"] as const;

/** The options that each command knows: another one would have no effect, and is refused. */
const KNOWN: Readonly<Record<string, readonly (typeof OPTIONS)[number][]>> = {
  list: ["state"],
  show: [],
  open: ["severity", "service", "comment"],
  acknowledge: [],
  escalate: [],
  state: ["comment"],
  resolve: ["comment"],
  reopen: ["comment"],
  merge: [],
  figures: ["days", "format"],
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
      if (platform.options["format"] !== undefined && "byMonth" in answer)
        terminal.out(figuresCsv(answer));
      else if (platform.json) terminal.out(`${JSON.stringify(answer, undefined, 2)}\n`);
      else if ("incidents" in answer) {
        for (const one of answer.incidents) terminal.out(`${lineOf(one, terminal)}\n`);
        if (answer.incidents.length === 0) terminal.err("there is no such incident\n");
      } else if ("byMonth" in answer) terminal.out(figuresText(answer));
      else {
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
  if (command === "figures") return figures(platform, rest);
  const [subject, ...more] = rest;
  if (command === "state" || command === "merge") return askOfTwo(platform, command, rest);
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
  if (command === "reopen") return platform.ask(reopenIncident, { params, body: noted });
  if (command === "resolve") return platform.ask(resolveIncident, { params, body: noted });
  return platform.ask(command === "escalate" ? escalateIncident : acknowledgeIncident, { params });
}

/** Commands that name an incident and something more. */
function askOfTwo(platform: Platform, command: "state" | "merge", rest: readonly string[]) {
  const [number, second, ...more] = rest;
  if (number === undefined || second === undefined || more.length > 0)
    throw new UsageError(
      `${command} takes a number and ${command === "state" ? "a state" : "another"}`,
    );
  const params = { id: number.replace(/^#/, "") };
  if (command === "merge")
    return platform.ask(mergeIncident, { params, body: { into: second.replace(/^#/, "") } });
  const states = incidentState.exclude(["triggered"]).options;
  const state = states.find((one) => one === second);
  if (state === undefined)
    throw new UsageError(`the state is one of ${states.join(", ")}, not "${second}"`);
  const { comment } = platform.options;
  return platform.ask(moveIncident, {
    params,
    body: { state, ...(comment === undefined ? {} : { comment }) },
  });
}

function figures(platform: Platform, rest: readonly string[]) {
  const { days = "90", format } = platform.options;
  if (rest.length > 0) throw new UsageError("figures takes no names");
  if (!/^\d{1,4}$/.test(days) || Number(days) < 1) throw new UsageError("--days is a number");
  if (format !== undefined && format !== "csv") throw new UsageError("--format is csv");
  return platform.ask(getIncidentFigures, { query: { days: Number(days) } });
}

const CHOICES = {
  state: ["open", "resolved", "all"],
  severity: ["P2", "P1", "P3", "maintenance"],
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
