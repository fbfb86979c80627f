import type { Clock } from "../../model/index.ts";
import { defaultHttpConfig } from "../../route/index.ts";
import type { HttpSender } from "../../route/index.ts";
import {
  changeConversation,
  entriesOfPost,
  listUsers,
  sendingPost,
  untoldEntries,
} from "../../store/index.ts";
import type {
  ConversationRecord,
  IncidentSummaryRecord,
  Records,
  TimelineRecord,
} from "../../store/index.ts";
import { reveal } from "../mail.ts";
import type { ConfiguredSecret } from "../mail.ts";
import { ChatFailure } from "./failure.ts";
import { postOnce } from "./posts.ts";
import { isSystem, MOST_ENTRIES, stateInWords, updateOf } from "./words.ts";

/** What a webhook is told. */
export interface WebhookMessage {
  readonly title: string;
  readonly severity: string;
  readonly resolved: boolean;
  readonly lines: readonly string[];
  readonly url: string;
}

/** Discord's limit for a description is 4,096 characters; a card of Teams takes 28 KB. */
const LENGTH = 3000;
const LINE = 1000;

/** How a chat takes a message. */
export type WebhookForm = (message: WebhookMessage) => unknown;

/** A card as Teams' workflows take it. */
export const teamsForm: WebhookForm = ({ title, lines, url }) => ({
  type: "message",
  attachments: [
    {
      contentType: "application/vnd.microsoft.card.adaptive",
      content: {
        $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
        type: "AdaptiveCard",
        version: "1.4",
        msteams: { width: "Full" },
        body: [
          { type: "TextBlock", text: title, weight: "Bolder", size: "Medium", wrap: true },
          ...lines.map((text) => ({ type: "TextBlock", text, wrap: true, spacing: "Small" })),
        ],
        actions: [{ type: "Action.OpenUrl", title: "Open", url }],
      },
    },
  ],
});

/** Discord's colours: decimal RGB. */
const RED = 0xd6_33_2c;
const GREEN = 0x2e_9e_5b;

/** A message with one embed; nobody is mentioned by what people wrote. */
export const discordForm: WebhookForm = ({ title, lines, url, resolved }) => ({
  allowed_mentions: { parse: [] },
  embeds: [
    {
      title: title.slice(0, 256),
      url,
      description: lines.join("\n"),
      color: resolved ? GREEN : RED,
    },
  ],
});

/** Sends one message. Throws ChatFailure. */
export async function postToWebhook(
  http: HttpSender,
  given: { readonly url: ConfiguredSecret; readonly id: string },
  body: unknown,
): Promise<void> {
  let url: string;
  try {
    url = await reveal(given.url);
  } catch (error) {
    throw new ChatFailure(error instanceof Error ? error.message : String(error));
  }
  if (!URL.canParse(url)) throw new ChatFailure("the webhook's URL is not one");
  const outcome = await http.post({
    url,
    body: JSON.stringify(body),
    http: defaultHttpConfig,
    idempotencyKey: given.id,
    timeout: 0,
  });
  if (outcome.kind === "sent") return;
  throw new ChatFailure(outcome.error, outcome.kind === "retry" ? outcome.after : undefined);
}

/** Tells a webhook what is new of an incident. It is told at least once, and again only in doubt. */
export async function tellWebhook(
  deps: {
    readonly records: Records;
    readonly clock: Clock;
    readonly http: HttpSender;
    readonly externalURL: string;
  },
  target: { readonly url: ConfiguredSecret; readonly form: WebhookForm },
  conversation: ConversationRecord,
  incident: IncidentSummaryRecord,
  toShow: string,
): Promise<void> {
  const { db } = deps.records;
  const { incidentId, place } = conversation;
  if (conversation.closed) await changeConversation(db, conversation, { closed: false });
  const names = new Map((await listUsers(db)).map(({ email, name }) => [email, name || email]));
  for (;;) {
    const left = await sendingPost(db, conversation, "update");
    const news =
      left === undefined
        ? await untoldEntries(db, incidentId, place, MOST_ENTRIES)
        : await entriesOfPost(db, left.id);
    if (left === undefined && news.length === 0) break;
    const update = updateOf(news, (entry) => lineOf(entry, names), LENGTH);
    const { number, title, severity, state } = incident;
    const body = target.form({
      title: `[${severity}] #${number} ${title}: ${stateInWords(state)}`,
      severity,
      resolved: state === "resolved",
      lines: update.lines,
      url: `${deps.externalURL}/incidents/${number}`,
    });
    await postOnce(deps, conversation, {
      kind: "update",
      entryIds: update.entries.map(({ id }) => id),
      send: async ({ id }) => {
        await postToWebhook(deps.http, { url: target.url, id }, body);
        return "";
      },
      change: () => ({}),
    });
  }
  await changeConversation(db, conversation, { shown: toShow });
}

function lineOf({ at, actor, text }: TimelineRecord, names: ReadonlyMap<string, string>): string {
  const time = `${at.toISOString().slice(11, 16)} UTC`;
  const said = text.length > LINE ? `${text.slice(0, LINE - 1)}…` : text;
  return isSystem(actor) ? `${time} ${said}` : `${time} ${names.get(actor) ?? actor}: ${said}`;
}
