import type { IncidentSeverity, IncidentState } from "../../../model/index.ts";
import { cut } from "./text.ts";

/** What somebody asks for by the slash command. `number` is of the channel's incident when left out. */
export type Command =
  | {
      readonly kind: "open";
      readonly title: string;
      readonly severity: IncidentSeverity;
      readonly service: string | null;
    }
  | { readonly kind: "list" }
  | { readonly kind: "show"; readonly number: string | undefined }
  | { readonly kind: "acknowledge" | "escalate"; readonly number: string | undefined }
  | { readonly kind: "resolve"; readonly number: string | undefined; readonly comment: string }
  | {
      readonly kind: "move";
      readonly number: string | undefined;
      readonly state: Exclude<IncidentState, "triggered" | "acknowledged" | "resolved">;
      readonly comment: string;
    }
  | { readonly kind: "reopen"; readonly number: string | undefined; readonly comment: string }
  | { readonly kind: "note"; readonly number: string | undefined; readonly text: string }
  | { readonly kind: "help"; readonly problem: string | undefined };

/** Words are cut there: Slack's own limit for a command is 8,000. */
const MOST_TEXT = 4000;
const MOST_TITLE = 200;
const SEVERITIES = ["P1", "P2", "P3", "maintenance"] as const;
const STATES = ["investigating", "identified", "monitoring"] as const;
const ACTIONS: Readonly<Record<string, "acknowledge" | "escalate" | "show">> = {
  ack: "acknowledge",
  acknowledge: "acknowledge",
  escalate: "escalate",
  show: "show",
};

export const USAGE = [
  "`/seaworthy incident open [P1|P2|P3|maintenance] [service=NAME] TITLE` opens an incident (P2 where nothing is said)",
  "`/seaworthy incident list` shows what is open",
  "`/seaworthy incident show|ack|escalate [NUMBER]`",
  "`/seaworthy incident investigating|identified|monitoring|resolve|reopen [NUMBER] [WHY]`",
  "`/seaworthy incident note [NUMBER] TEXT` adds to the timeline",
  "In an incident's channel the number may be left out.",
  "`/seaworthy control` shows and changes emergency controls; `/seaworthy control help` says how",
].join("\n");

/** Reads what stands behind the slash command. */
export function readCommand(given: string): Command {
  const words = cut(given, MOST_TEXT)
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (/^incidents?$/i.test(words[0] ?? "")) words.shift();
  const [verb = "help", ...rest] = words;
  const action = ACTIONS[verb.toLowerCase()];
  if (action !== undefined && Object.hasOwn(ACTIONS, verb.toLowerCase()))
    return { kind: action, ...numbered(rest) };
  const state = STATES.find((one) => one === verb.toLowerCase());
  if (state !== undefined) {
    const { number, words: why } = numbered(rest);
    return { kind: "move", state, number, comment: why.join(" ") };
  }
  switch (verb.toLowerCase()) {
    case "open":
      return open(rest);
    case "list":
      return { kind: "list" };
    case "resolve":
    case "reopen": {
      const { number, words: why } = numbered(rest);
      const kind = verb.toLowerCase() === "resolve" ? "resolve" : "reopen";
      return { kind, number, comment: why.join(" ") };
    }
    case "note": {
      const { number, words: said } = numbered(rest);
      if (said.length === 0) return help("What shall be noted?");
      return { kind: "note", number, text: said.join(" ") };
    }
    case "help":
      return help(undefined);
    default:
      return help(`"${cut(verb, 40)}" is none of the commands.`);
  }
}

const help = (problem: string | undefined): Command => ({ kind: "help", problem });

function numbered(words: readonly string[]) {
  const number = /^#?([1-9]\d{0,8})$/.exec(words[0] ?? "")?.[1];
  return { number, words: number === undefined ? words : words.slice(1) };
}

function open(words: readonly string[]): Command {
  let severity: IncidentSeverity = "P2";
  let service: string | null = null;
  const title: string[] = [];
  for (const word of words) {
    const named = /^service=(\S{1,200})$/i.exec(word)?.[1];
    const weight = SEVERITIES.find((one) => one.toLowerCase() === word.toLowerCase());
    if (title.length === 0 && weight !== undefined) severity = weight;
    else if (title.length === 0 && named !== undefined) service = named;
    else title.push(word);
  }
  if (title.length === 0) return help("Say what has happened.");
  return { kind: "open", severity, service, title: cut(title.join(" "), MOST_TITLE) };
}
