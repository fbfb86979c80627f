import type { IntegrationOf } from "../../config/route-config.ts";
import { optional, truncate } from "../message.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";

type Settings = IntegrationOf<"mattermost">["settings"];
type Attachment = Settings["attachments"][number];

/** Of a text, in characters. */
const MAX_TEXT = 16_383;

/** Posts to an incoming webhook of Mattermost. */
export async function sendMattermost(
  { settings, http, target }: IntegrationOf<"mattermost">,
  _payload: NotificationPayload,
  { sender, idempotencyKey, renderer: { text } }: SendContext,
): Promise<Outcome> {
  const field = (template: string) => optional(text(template));
  const own = settings.attachments;
  const body = JSON.stringify({
    // With attachments of its own the text stands above them; otherwise it is in the only one.
    text: own.length > 0 ? optional(truncate(text(settings.text), MAX_TEXT)) : undefined,
    channel: field(settings.channel),
    username: field(settings.username),
    icon_url: field(settings.icon_url),
    icon_emoji: field(settings.icon_emoji),
    attachments: (own.length > 0 ? own : [settings]).map((one) => attachmentOf(one, text)),
    type: field(settings.type),
    props: settings.props?.card ? { card: text(settings.props.card) } : undefined,
    priority: priorityOf(settings.priority, text),
  });
  return sender.post({ url: await urlOf(target), body, http, timeout: 0, idempotencyKey });
}

function attachmentOf(given: Attachment, text: (template: string) => string) {
  const field = (template: string) => optional(text(template));
  return {
    fallback: field(given.fallback),
    color: field(given.color),
    pretext: field(given.pretext),
    text: optional(truncate(text(given.text), MAX_TEXT)),
    author_name: field(given.author_name),
    author_link: field(given.author_link),
    author_icon: field(given.author_icon),
    title: field(given.title),
    title_link: field(given.title_link),
    fields:
      given.fields.length === 0
        ? undefined
        : given.fields.map(({ title, value, short }) => ({
            title: text(title),
            value: text(value),
            short,
          })),
    thumb_url: field(given.thumb_url),
    footer: field(given.footer),
    footer_icon: field(given.footer_icon),
    image_url: field(given.image_url),
  };
}

/** Mattermost refuses a message whose flags its priority does not allow, so those are left out. */
function priorityOf(given: Settings["priority"], text: (template: string) => string) {
  if (given === undefined || given.priority === "") return undefined;
  const asked = text(given.priority).toLowerCase();
  const priority = ["urgent", "important", "standard"].includes(asked) ? asked : "standard";
  return {
    priority,
    requested_ack: (given.requested_ack && priority !== "standard") || undefined,
    persistent_notifications:
      (given.persistent_notifications && priority === "urgent") || undefined,
  };
}
