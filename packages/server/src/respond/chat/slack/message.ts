import type { IncidentSummaryRecord, TimelineRecord } from "../../../store/index.ts";
import { pictureUrl } from "../../incidents/notes.ts";
import { slackEscaped } from "../../slack-text.ts";
import { isSystem, stateInWords, updateOf } from "../words.ts";
import type { Update } from "../words.ts";
import { cut, SECTION_LENGTH } from "./text.ts";

/** What the buttons do; they carry the incident's id. */
export const BUTTONS = ["acknowledge", "escalate", "resolve"] as const;
export type Button = (typeof BUTTONS)[number];

/** A message in Block Kit, with what notifications and old clients show of it. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly unknown[];
}

/** A line of the timeline is cut there; the incident's page has it whole. */
const LINE_LENGTH = 2400;

const PICTURE_LINK_LENGTH = 300;

const mrkdwn = (text: string) => ({ type: "mrkdwn", text: cut(text, SECTION_LENGTH) });
const plain = (text: string) => ({ type: "plain_text", text });

/** What the head of a conversation tells of an incident. */
type Headed = Pick<
  IncidentSummaryRecord,
  "id" | "number" | "title" | "severity" | "state" | "service" | "openedAt" | "acknowledgedBy"
>;

/** The message at the head of an incident's channel, or in the channel that all are announced in. */
export function headOf(
  incident: Headed,
  about: { readonly url: string; readonly channel: string | null },
): SlackMessage {
  const { number, title, severity, state, service } = incident;
  const name = cut(`#${number} ${title}`, 200);
  const facts = [
    `*Severity*\n${severity}`,
    `*State*\n${stateInWords(state)}`,
    `*Since*\n${dateOf(incident.openedAt)}`,
    ...(service === null ? [] : [`*Service*\n${slackEscaped(cut(service, 200))}`]),
    ...(incident.acknowledgedBy === null
      ? []
      : [`*On it*\n${slackEscaped(cut(incident.acknowledgedBy, 200))}`]),
    ...(about.channel === null ? [] : [`*Channel*\n<#${about.channel}>`]),
  ];
  const buttons = [
    ...(state === "triggered" ? [button("acknowledge", "Acknowledge", incident.id)] : []),
    ...(state === "triggered" ? [button("escalate", "Escalate", incident.id)] : []),
    ...(state === "resolved" ? [] : [button("resolve", "Resolve", incident.id)]),
    { type: "button", action_id: "open", text: plain("Open"), url: about.url },
  ];
  return {
    text: slackEscaped(`[${severity}] ${name}: ${stateInWords(state)}`),
    blocks: [
      { type: "section", text: mrkdwn(`*<${about.url}|${slackEscaped(name)}>*`) },
      { type: "section", fields: facts.map(mrkdwn) },
      { type: "actions", block_id: "incident", elements: buttons },
    ],
  };
}

function button(action: Button, label: string, incidentId: string) {
  return {
    type: "button",
    action_id: action,
    value: incidentId,
    text: plain(label),
    ...(action === "acknowledge" ? { style: "primary" } : {}),
    ...(action === "resolve"
      ? {
          confirm: {
            title: plain("Resolve the incident?"),
            text: plain("Paging ends, and the incident is closed for everybody."),
            confirm: plain("Resolve"),
            deny: plain("Not yet"),
          },
        }
      : {}),
  };
}

/** What is new on the timeline: as much as one message holds. `url`: the incident's page. */
export function slackUpdate(
  entries: readonly TimelineRecord[],
  nameOf: (actor: string) => string,
  url: string,
): Update & { readonly message: SlackMessage } {
  const update = updateOf(
    entries,
    (entry) => lineOf(entry, nameOf) + picturesOf(entry, url),
    SECTION_LENGTH - 100,
  );
  const text = update.lines.join("\n");
  return {
    ...update,
    message: {
      text: cut(update.lines[0] ?? "", 300),
      blocks: [{ type: "section", text: mrkdwn(text) }],
    },
  };
}

function lineOf({ at, actor, text, kind }: TimelineRecord, nameOf: (actor: string) => string) {
  const usual = slackEscaped(cut(text, LINE_LENGTH));
  // Escaping makes five characters of one at most, and what is escaped cannot be cut anywhere.
  const said = usual.length <= LINE_LENGTH ? usual : slackEscaped(cut(text, LINE_LENGTH / 5));
  if (isSystem(actor)) return `${timeOf(at)} ${said}`;
  const who = `*${slackEscaped(cut(nameOf(actor), 60))}*`;
  return kind === "comment" ? `${timeOf(at)} ${who}: ${said}` : `${timeOf(at)} ${said} (${who})`;
}

/** A link to the pictures below a note, which Slack itself is not given. */
function picturesOf({ detail }: TimelineRecord, url: string): string {
  const [first] = detail?.pictures ?? [];
  if (first === undefined) return "";
  const link = pictureUrl(url, first.id);
  // A line has its place in a message, whatever address this server has.
  if (link.length > PICTURE_LINK_LENGTH) return " (with pictures)";
  const count = detail?.pictures?.length ?? 0;
  return ` <${link}|${count === 1 ? "Picture" : `${count} pictures`}>`;
}

/** In each reader's time zone, as Slack's dates are. */
function timeOf(at: Date): string {
  return dateIn(at, "{time}");
}

function dateOf(at: Date): string {
  return dateIn(at, "{date_short_pretty} {time}");
}

function dateIn(at: Date, form: string): string {
  const seconds = Math.floor(at.getTime() / 1000);
  return `<!date^${seconds}^${form}|${at.toISOString().slice(0, 16)}Z>`;
}

/** The name of an incident's channel: lower case, digits and dashes, 80 characters at most. */
export function channelName(
  prefix: string,
  { number, title }: Pick<IncidentSummaryRecord, "number" | "title">,
  attempt: number,
): string {
  const words = title
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 40)
    .replace(/-+$/, "");
  const parts = [prefix, String(number), words, attempt === 0 ? "" : String(attempt + 1)];
  return parts
    .filter((part) => part !== "")
    .join("-")
    .slice(0, 80);
}
