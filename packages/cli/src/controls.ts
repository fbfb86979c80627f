import {
  addControlledService,
  approveControl,
  getControlHistory,
  listControls,
  rejectControl,
  setControl,
} from "@seaworthy/contract";
import type { AnswerOf, Control, ControlChange, ControlRequest } from "@seaworthy/contract";
import { UsageError, withPlatform } from "./platform.ts";
import type { Platform } from "./platform.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** What `seaworthy controls --help` prints. */
export const controlsHelp = `seaworthy controls: kill switches and other emergency controls

Usage:
  seaworthy controls [list] [OPTIONS]              what is set, and what waits for approval
  seaworthy controls add [OPTIONS]                 give --service its controls
  seaworthy controls set [OPTIONS] NAME VALUE      on, off, a number, or one of its list
  seaworthy controls history [OPTIONS] [NAME]      what was changed, newest first
  seaworthy controls approve [OPTIONS] ID          approve another person's change
  seaworthy controls reject [OPTIONS] ID           refuse it, or withdraw your own

Tokens cannot approve: a second person is somebody who is signed in. With SEAWORTHY_TOKEN "approve"
is refused; people approve on the page Controls of the platform (its address, then /controls).

Options:
  --service NAME      the service; add and set need it
  --environment NAME  its environment (default: production)
  --reason TEXT       set: why; it is needed
  --for DURATION      set: for so long, then back: 90s, 30m, 2h, 1d
  --confirm SERVICE   set: the service's name once more, for a dangerous control
  --revision N        set: refuse when it was changed after this revision
  --url URL           the platform (default: SEAWORTHY_URL, else http://127.0.0.1:4000)
  --json              print what the platform answers
  --help              show this

Environment (or .env):
  SEAWORTHY_URL    the platform
  SEAWORTHY_TOKEN  an API token of the platform; add and set need the scope write

Exit codes:
  0  it was done
  1  the platform refuses or cannot be reached
  2  the command cannot be understood
  3  the change waits for a second person

Examples:
  seaworthy controls set kill-switch on --service checkout --confirm checkout --reason "double charges"
  seaworthy controls set max-orders 20 --service checkout --for 30m --reason "the queue is long"
  seaworthy controls history --service checkout
`;

const OPTIONS = ["service", "environment", "reason", "for", "confirm", "revision"] as const;

/** The options that each command knows: another one would have no effect, and is refused. */
const KNOWN: Readonly<Record<string, readonly (typeof OPTIONS)[number][]>> = {
  list: ["service", "environment"],
  add: ["service", "environment"],
  set: OPTIONS,
  history: ["service", "environment"],
  approve: [],
  reject: [],
};

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Runs the command; answers its exit code. */
export function controls(args: string[], terminal: Terminal = processTerminal()): Promise<number> {
  return withPlatform(
    "controls",
    controlsHelp,
    args,
    terminal,
    async (platform) => {
      const [command = "list", ...rest] = platform.positionals;
      const known = Object.hasOwn(KNOWN, command) ? KNOWN[command] : undefined;
      if (known === undefined) throw new UsageError(`there is no command "controls ${command}"`);
      for (const name of OPTIONS) {
        if (platform.options[name] !== undefined && !known.includes(name))
          throw new UsageError(`"controls ${command}" takes no --${name}`);
      }
      return run(platform, command, rest, terminal);
    },
    OPTIONS,
  );
}

async function run(
  platform: Platform,
  command: string,
  rest: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const { options } = platform;
  const say = (answer: unknown, text: string) => {
    terminal.out(platform.json ? `${JSON.stringify(answer, undefined, 2)}\n` : text);
  };
  const only = {
    ...(options["service"] === undefined ? {} : { service: options["service"] }),
    ...(options["environment"] === undefined ? {} : { environment: options["environment"] }),
  };
  const [first, second, ...more] = rest;
  if (command === "list") {
    if (first !== undefined) throw new UsageError("list takes no names; --service says which");
    const answer = await platform.ask(listControls, { query: only });
    say(answer, listed(answer, terminal));
    if (answer.services.length === 0 && !platform.json)
      terminal.err("no service has controls yet: seaworthy controls add --service NAME\n");
    return 0;
  }
  if (command === "history") {
    if (second !== undefined) throw new UsageError("name one control, or none for all");
    const named = first === undefined ? {} : { name: first };
    const answer = await platform.ask(getControlHistory, { query: { ...only, ...named } });
    say(answer, answer.changes.map((change) => `${changeLine(change)}\n`).join(""));
    return 0;
  }
  if (command === "approve" || command === "reject") {
    if (first === undefined || second !== undefined)
      throw new UsageError("name one change by its id");
    const params = { id: first };
    if (command === "approve") {
      const answer = await platform.ask(approveControl, { params });
      say(answer, `${controlLine(answer.control, terminal)}\n`);
    } else say(await platform.ask(rejectControl, { params }), "it will not be made\n");
    return 0;
  }
  const { service, environment = "production" } = options;
  if (service === undefined) throw new UsageError(`${command} needs --service`);
  if (command === "add") {
    if (first !== undefined) throw new UsageError("add takes no names; --service says which");
    const answer = await platform.ask(addControlledService, { body: { service, environment } });
    say(answer, answer.controls.map((each) => `${controlLine(each, terminal)}\n`).join(""));
    return 0;
  }
  if (first === undefined || second === undefined || more.length > 0)
    throw new UsageError("give one control and one value: set kill-switch on");
  const { reason, confirm } = options;
  if (reason === undefined) throw new UsageError("set needs --reason: it stands on the timeline");
  const answer = await platform.ask(setControl, {
    params: { service, environment, name: first },
    body: {
      value: valueOf(second),
      reason,
      ...(confirm === undefined ? {} : { confirm }),
      ...(options["for"] === undefined ? {} : { lastsSeconds: secondsOf(options["for"]) }),
      ...(options["revision"] === undefined ? {} : { revision: numberOf(options["revision"]) }),
    },
  });
  const { control, pending } = answer;
  say(answer, `${pending === null ? controlLine(control, terminal) : requestLine(pending)}\n`);
  return pending === null ? 0 : 3;
}

/** What was typed as the value that is meant. */
function valueOf(typed: string): boolean | string | number {
  if (typed === "on" || typed === "true") return true;
  if (typed === "off" || typed === "false") return false;
  return /^-?\d+(?:\.\d+)?$/.test(typed) ? Number(typed) : typed;
}

function numberOf(typed: string): number {
  if (/^\d{1,15}$/.test(typed)) return Number(typed);
  throw new UsageError(`--revision is a number, not "${typed}"`);
}

function secondsOf(typed: string): number {
  const [, count, unit] = /^(\d{1,7})([smhd])$/.exec(typed) ?? [];
  if (count === undefined || unit === undefined)
    throw new UsageError(`--for is a time such as 90s, 30m, 2h or 1d, not "${typed}"`);
  return Number(count) * (SECONDS[unit] ?? 1);
}

const inWords = (value: Control["value"] | null) =>
  value === null ? "none" : typeof value === "boolean" ? (value ? "on" : "off") : String(value);

function controlLine(control: Control, { style }: Terminal): string {
  const words = inWords(control.value);
  const value = control.value === control.normal ? words : style.bad(words);
  const until =
    control.expiry === null
      ? ""
      : `  until ${control.expiry.at}, then ${inWords(control.expiry.value)}`;
  const why = control.reason === "" ? "" : `  ${control.changedBy}: ${control.reason}`;
  return `${control.service}/${control.environment}  ${control.name}  ${value}  revision ${control.revision}${until}${why}`;
}

const requestLine = (request: ControlRequest) =>
  `waits for a second person until ${request.expiresAt}: ${request.name} of ${request.service} (${request.environment}) → ${inWords(request.value)}  ${request.requestedBy}: ${request.reason}  ${request.id}`;

const changeLine = (change: ControlChange) =>
  `${change.at}  ${change.service}/${change.environment}  ${change.name}: ${inWords(change.was)} → ${inWords(change.value)}${change.until === null ? "" : ` until ${change.until}`}  ${change.by}${change.approvedBy === null ? "" : `, approved by ${change.approvedBy}`}: ${change.reason}`;

function listed({ services, pending }: AnswerOf<typeof listControls>, terminal: Terminal): string {
  const lines = [
    ...services.flatMap(({ controls: all }) => all.map((each) => controlLine(each, terminal))),
    ...pending.map(requestLine),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
