import type { PostMortemActionRecord, TimelineRecord } from "../../store/index.ts";
import type { IncidentDetail } from "../incidents/desk.ts";
import { pictureUrl } from "../incidents/notes.ts";

/** What was measured of the requests to a service while an incident lasted. */
export interface MeasuredImpact {
  readonly requests: number;
  readonly failed: number;
  /** Of the last 30 days, for the error budget; null where that much is not known. */
  readonly requestsOfMonth: number | null;
}

/** The template that is used where the user has none of their own. */
export const DEFAULT_TEMPLATE = `# Post-mortem: {{ .Incident.Title }}

{{ .Incident.Severity }} #{{ .Incident.Number }}, from {{ .Incident.OpenedAt }} to {{ .Incident.ResolvedAt }} ({{ .Incident.Duration }}).

This text looks for what made the mistake possible, not for who made it. Write roles rather than names; everybody acted on what they knew then.

## What happened

Two or three sentences that somebody understands who was not there.

## Impact

{{ .Impact }}

- Users: how many noticed, and what could they not do? Say where the number is from, or that nobody knows.

## Root cause

What failed, and why was that possible? Ask "why" until the answer is something that can be changed.

## Detection

How was it noticed, and could it have been sooner?

## What went well

-

## What went badly

-

## Where we were lucky

-

## Timeline

{{ .Timeline }}
`;

const MINUTE = 60_000;

/** How long something took, as people say it. */
export function spanInWords(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / MINUTE));
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const parts = [
    days > 0 ? `${days} d` : "",
    hours > 0 ? `${hours} h` : "",
    days === 0 ? `${minutes % 60} min` : "",
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** Words of others, so that they stay words in Markdown. */
const plain = (text: string) =>
  text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\\`*_[\]<>#|~!]/g, String.raw`\$&`)
    .trim();

const utc = (at: Date) => `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** Which entries tell the story: those of the paging's machinery do not. */
const TOLD = new Set<TimelineRecord["kind"]>(["notified", "notification_failed"]);

/** Lines that repeat the one before, as that one with their number: a storm is told once. */
function oncePerRun(lines: readonly string[]): readonly string[] {
  const runs: { readonly line: string; times: number }[] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (last?.line === line) last.times += 1;
    else runs.push({ line, times: 1 });
  }
  return runs.map(({ line, times }) => (times === 1 ? line : `${line} (${times} times)`));
}

/** A note is told as it was written up to here, beyond that by its beginning; characters. */
const NOTE_LENGTH = 2000;

/** What of the timeline a draft begins with: a text has its limits, and people add to it. Characters, lines. */
const TIMELINE = { length: 40_000, lines: 1000, marks: 4000 } as const;

/** An entry as an item of a list; a note of several lines as a part of its own below the item. */
function told(
  { at, kind, text, actor, detail }: TimelineRecord,
  url: string,
  asWritten: boolean,
): string {
  const pictures = (detail?.pictures ?? []).map(
    ({ id, alt }) => `[${plain(alt) || "Picture"}](${pictureUrl(url, id)})`,
  );
  const by = actor === "system" ? "" : ` (${plain(actor)})`;
  const shown = pictures.length === 0 ? "" : ` ${pictures.join(", ")}`;
  const isNote = asWritten && kind === "comment" && text.length <= NOTE_LENGTH;
  if (!isNote) {
    const words = text.length > NOTE_LENGTH ? `${text.slice(0, NOTE_LENGTH)}…` : text;
    return `- ${utc(at)}:${kind === "picture" ? "" : ` ${plain(words)}`}${by}${shown}`;
  }
  const lines = text.trim().split(/\r?\n/);
  if (lines.length === 1 && /^[\p{L}\p{N}]/u.test(text.trim()))
    return `- ${utc(at)}: ${text.trim()}${by}${shown}`;
  return [`- ${utc(at)}:${by}${shown}`, "", ...lines.map((line) => `  ${line}`), ""].join("\n");
}

/** As many entries as a draft takes, and how many more there are. */
function asMuch(entries: readonly string[]): readonly string[] {
  const left = { ...TIMELINE } as { -readonly [Name in keyof typeof TIMELINE]: number };
  const taken = entries.findIndex((entry) => {
    left.length -= entry.length + 1;
    left.lines -= entry.split("\n").length;
    left.marks -= entry.replaceAll(/[^[\]*_~`<!|&]/g, "").length;
    return left.length < 0 || left.lines < 0 || left.marks < 0;
  });
  if (taken === -1) return entries;
  return [
    ...entries.slice(0, taken),
    `- … and ${entries.length - taken} more entries, on the incident's page`,
  ];
}

/** The draft that a post-mortem begins with. */
export function draftOf(
  template: string,
  { incident, alerts, timeline }: IncidentDetail,
  impact: string,
  /** The incident's page. */
  url: string,
  /** Whether notes keep their Markdown; else they are words. */
  asWritten = true,
): string {
  const resolvedAt = incident.resolvedAt ?? incident.openedAt;
  const entries = asMuch(
    oncePerRun(
      timeline.filter((entry) => !TOLD.has(entry.kind)).map((entry) => told(entry, url, asWritten)),
    ),
  );
  const values: Readonly<Record<string, string>> = {
    ".Incident.Title": plain(incident.title),
    ".Incident.Number": String(incident.number),
    ".Incident.Severity": incident.severity,
    ".Incident.Service": plain(incident.service ?? ""),
    ".Incident.OpenedAt": utc(incident.openedAt),
    ".Incident.ResolvedAt": utc(resolvedAt),
    ".Incident.Duration": spanInWords(resolvedAt.getTime() - incident.openedAt.getTime()),
    ".Incident.Alerts": String(alerts.length),
    ".Impact": impact,
    ".Timeline": entries.length === 0 ? "-" : entries.join("\n"),
  };
  return template.replaceAll(/\{\{-? *(\.[A-Za-z.]+) *-?\}\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? "") : whole,
  );
}

/** What users and the error budget lost, from what was measured; says plainly what was not. */
export function impactInWords(
  { incident }: Pick<IncidentDetail, "incident">,
  measured: MeasuredImpact | undefined,
  objective: number | undefined,
): string {
  const { service } = incident;
  if (service === null) return "- Requests: not measured, the incident names no service.";
  if (measured === undefined)
    return `- Requests: not measured, there are no series http_requests_total of ${plain(service)} for this time.`;
  const { requests, failed, requestsOfMonth } = measured;
  const share = requests > 0 ? ` (${((failed / requests) * 100).toFixed(2)} %)` : "";
  const lines = [
    `- Requests: ${Math.round(failed)} of ${Math.round(requests)} to ${plain(service)} failed${share}.`,
  ];
  if (objective === undefined) {
    lines.push("- Error budget: no objective is set (`post_mortems.objective`).");
  } else if (requestsOfMonth === null || requestsOfMonth <= 0) {
    lines.push("- Error budget: not measured, the last 30 days are not known.");
  } else {
    const budget = requestsOfMonth * (1 - objective);
    lines.push(
      `- Error budget: ${((failed / budget) * 100).toFixed(1)} % of 30 days' budget at an objective of ${(objective * 100).toFixed(2)} %.`,
    );
  }
  return lines.join("\n");
}

/** The whole of a post-mortem with its actions, as one text of Markdown. */
export function exported(body: string, actions: readonly PostMortemActionRecord[]): string {
  if (actions.length === 0) return `${body.trimEnd()}\n`;
  const rows = actions.map(({ text, owner, dueOn, doneAt }) => {
    const about = [owner === null ? "nobody yet" : plain(owner), dueOn ?? "no date"].join(", ");
    return `- [${doneAt === null ? " " : "x"}] ${plain(text)} (${about})`;
  });
  return `${body.trimEnd()}\n\n## Actions\n\n${rows.join("\n")}\n`;
}
