import {
  createStatusPost,
  endStatusOverride,
  getStatusPage,
  overrideStatusComponent,
  updateStatusPost,
} from "@seaworthy/contract";
import type { StatusComponent, StatusPage, StatusPost } from "@seaworthy/contract";
import { UsageError, withPlatform } from "./platform.ts";
import type { Platform } from "./platform.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

const COMPONENT_STATES = [
  "operational",
  "degraded_performance",
  "partial_outage",
  "major_outage",
  "under_maintenance",
] as const;
const POST_STATES = [
  "investigating",
  "identified",
  "monitoring",
  "resolved",
  "postmortem",
  "in_progress",
  "verifying",
  "completed",
] as const;
const IMPACTS = ["minor", "none", "major", "critical"] as const;

/** What `seaworthy status --help` prints. */
export const statusHelp = `seaworthy status: what visitors of the status page see

Usage:
  seaworthy status [show] [OPTIONS]                    its components and what is announced
  seaworthy status set [OPTIONS] COMPONENT STATE       show this whatever is found
  seaworthy status unset [OPTIONS] COMPONENT           show what is found again
  seaworthy status announce [OPTIONS] TITLE            announce an incident
  seaworthy status update [OPTIONS] ID STATE           say what is new about something announced
  seaworthy status maintenance [OPTIONS] TITLE         plan maintenance; it begins and ends by itself

COMPONENT is a name or an id. Its STATE is one of
  ${COMPONENT_STATES.join(", ")}
and of an announcement one of
  ${POST_STATES.join(", ")}

Options:
  --reason TEXT      set: what visitors read beside it
  --until TIME       set, maintenance: when it ends, such as 2026-05-01T22:00:00Z
  --from TIME        maintenance: when it begins
  --message TEXT     announce, update, maintenance: what is said, in Markdown (default: a template)
  --impact IMPACT    announce: ${IMPACTS.join(", ")} (default: minor)
  --components NAMES announce, maintenance: who is affected, with commas in between
  --url URL          the platform (default: SEAWORTHY_URL, else http://127.0.0.1:4000)
  --json             print what the platform answers
  --help             show this

Environment (or .env):
  SEAWORTHY_URL    the platform
  SEAWORTHY_TOKEN  an API token of the platform; all but show need the scope write

Exit codes:
  0  it was done
  1  the platform refuses or cannot be reached
  2  the command cannot be understood

Examples:
  seaworthy status set Shop partial_outage --reason "Payments by card fail"
  seaworthy status announce "Payments by card fail" --impact major --components Shop
  seaworthy status maintenance "New database" --from 2026-05-01T20:00:00Z --until 2026-05-01T22:00:00Z
`;

const OPTIONS = ["reason", "until", "from", "message", "impact", "components"] as const;

/** The options and the count of words that each command takes. */
const KNOWN: Readonly<
  Record<string, { readonly words: string; readonly options: readonly (typeof OPTIONS)[number][] }>
> = {
  show: { words: "", options: [] },
  set: { words: "COMPONENT STATE", options: ["reason", "until"] },
  unset: { words: "COMPONENT", options: [] },
  announce: { words: "TITLE", options: ["message", "impact", "components"] },
  update: { words: "ID STATE", options: ["message"] },
  maintenance: { words: "TITLE", options: ["from", "until", "message", "components"] },
};

/** Runs the command; answers its exit code. */
export function status(args: string[], terminal: Terminal = processTerminal()): Promise<number> {
  return withPlatform(
    "status",
    statusHelp,
    args,
    terminal,
    async (platform) => {
      const [command = "show", ...words] = platform.positionals;
      const known = Object.hasOwn(KNOWN, command) ? KNOWN[command] : undefined;
      if (known === undefined) throw new UsageError(`there is no command "status ${command}"`);
      for (const name of OPTIONS) {
        if (platform.options[name] !== undefined && !known.options.includes(name))
          throw new UsageError(`"status ${command}" takes no --${name}`);
      }
      const wanted = known.words === "" ? 0 : known.words.split(" ").length;
      if (words.length !== wanted)
        throw new UsageError(
          wanted === 0 ? `"status ${command}" takes no names` : `give ${known.words}`,
        );
      const answer = await ask(platform, command, words);
      if (platform.json) terminal.out(`${JSON.stringify(answer, undefined, 2)}\n`);
      else terminal.out(inLines(answer, terminal));
      return 0;
    },
    OPTIONS,
  );
}

async function ask(
  platform: Platform,
  command: string,
  [subject = "", state = ""]: readonly string[],
): Promise<StatusPage | StatusComponent | StatusPost> {
  const { options } = platform;
  if (command === "show") return platform.ask(getStatusPage, {});
  if (command === "set" || command === "unset") {
    const [id = ""] = await idsOf(platform, subject);
    if (command === "unset") return platform.ask(endStatusOverride, { params: { id } });
    const body = {
      state: oneOf("STATE", COMPONENT_STATES, state),
      reason: options["reason"] ?? "",
      until: timeOf("until", options["until"]),
    };
    return platform.ask(overrideStatusComponent, { params: { id }, body });
  }
  const body = options["message"] ?? "";
  if (command === "update") {
    const next = oneOf("STATE", POST_STATES, state);
    return platform.ask(updateStatusPost, { params: { id: subject }, body: { state: next, body } });
  }
  const ids =
    options["components"] === undefined ? [] : await idsOf(platform, options["components"]);
  if (command === "announce") {
    const impact = oneOf("--impact", IMPACTS, options["impact"] ?? "minor");
    const affected = impact === "critical" ? "major_outage" : "partial_outage";
    const components = ids.map((id) => ({ id, state: affected }) as const);
    return platform.ask(createStatusPost, {
      body: { kind: "incident", title: subject, state: "investigating", impact, body, components },
    });
  }
  const startsAt = timeOf("from", options["from"]);
  const endsAt = timeOf("until", options["until"]);
  if (startsAt === null || endsAt === null)
    throw new UsageError("maintenance needs --from and --until");
  const components = ids.map((id) => ({ id, state: "under_maintenance" }) as const);
  return platform.ask(createStatusPost, {
    body: {
      kind: "maintenance",
      title: subject,
      state: "scheduled",
      body,
      components,
      startsAt,
      endsAt,
    },
  });
}

/** The ids of components by their names, or as they are; commas stand in between. */
async function idsOf(platform: Platform, names: string): Promise<readonly string[]> {
  const { components } = await platform.ask(getStatusPage, {});
  const one = (name: string) =>
    components.find((component) => component.id === name) ??
    components.find((component) => component.name.toLowerCase() === name.toLowerCase());
  // A name may have commas of its own.
  const whole = one(names.trim());
  if (whole !== undefined) return [whole.id];
  return names.split(",").map((given) => {
    const found = one(given.trim());
    if (found !== undefined) return found.id;
    const known = components.map(({ name }) => name).join(", ");
    throw new UsageError(
      `there is no component "${given.trim()}"; there ${known === "" ? "is none yet" : `are ${known}`}`,
    );
  });
}

function timeOf(name: string, value: string | undefined): string | null {
  if (value === undefined) return null;
  const at = Date.parse(value);
  if (Number.isNaN(at))
    throw new UsageError(`--${name} is a time such as 2026-05-01T22:00:00Z, not "${value}"`);
  return new Date(at).toISOString();
}

function oneOf<T extends string>(name: string, choices: readonly T[], value: string): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    throw new UsageError(`${name} is one of ${choices.join(", ")}, not "${value}"`);
  return found;
}

function inLines(answer: StatusPage | StatusComponent | StatusPost, terminal: Terminal): string {
  if ("components" in answer && "settings" in answer) {
    const open = answer.posts.filter(({ resolvedAt }) => resolvedAt === null);
    return [
      `${answer.settings.name}: ${answer.description}  ${answer.url}\n`,
      ...answer.components.map((component) => componentLine(component, terminal)),
      ...open.map(postLine),
    ].join("");
  }
  return "title" in answer ? postLine(answer) : componentLine(answer, terminal);
}

function componentLine(
  { name, state, note, uptime, knownDays }: StatusComponent,
  { style }: Terminal,
): string {
  const shown = state === "operational" ? state : style.bad(state);
  const past =
    uptime === null
      ? "no data yet"
      : `${Math.floor(uptime * 10_000) / 100} % up, known for ${knownDays} of 90 days`;
  return `${name}  ${shown}  ${past}${note === "" ? "" : `  ${note}`}\n`;
}

const postLine = ({ id, kind, state, title, updatedAt }: StatusPost): string =>
  `${id}  ${kind}  ${state}  ${title}  ${updatedAt}\n`;
