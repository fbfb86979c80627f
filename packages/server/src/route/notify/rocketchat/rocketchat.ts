import type { IntegrationOf } from "../../config/route-config.ts";
import type { Answer } from "../http/sender.ts";
import { secretOf } from "../http/secrets.ts";
import { optional, readJson, refusal, truncate } from "../message.ts";
import { failed } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";

/** Of a title, in characters. */
const MAX_TITLE = 1024;

/** Writes a message with one attachment into a room of Rocket.Chat. */
export async function sendRocketchat(
  { settings, http, target }: IntegrationOf<"rocketchat">,
  _payload: NotificationPayload,
  { sender, idempotencyKey, renderer: { text } }: SendContext,
): Promise<Outcome> {
  const field = (template: string) => optional(text(template));
  const attachment = {
    title: optional(truncate(text(settings.title), MAX_TITLE)),
    title_link: field(settings.title_link),
    text: field(settings.text),
    image_url: field(settings.image_url),
    thumb_url: field(settings.thumb_url),
    color: field(settings.color),
    fields:
      settings.fields.length === 0
        ? undefined
        : settings.fields.map(({ short, title, value }) => ({
            short: short ?? settings.short_fields,
            title: text(title),
            value: text(value),
          })),
    actions:
      settings.actions.length === 0
        ? undefined
        : settings.actions.map((action) => ({
            type: "button",
            text: field(action.text),
            url: field(action.url),
            msg: field(action.msg),
          })),
  };
  const body = JSON.stringify({
    channel: field(settings.channel),
    emoji: field(settings.emoji),
    avatar: field(settings.icon_url),
    attachments: [attachment],
  });
  return sender.post({
    url: new URL("api/v1/chat.postMessage", await urlOf(target)).href,
    headers: {
      "x-auth-token": await secretOf(settings.token ?? "", settings.token_file),
      "x-user-id": await secretOf(settings.token_id ?? "", settings.token_id_file),
    },
    body,
    http,
    timeout: 0,
    idempotencyKey,
    judge: judgeAnswer,
  });
}

function judgeAnswer({ text }: Answer): Outcome {
  const answer = readJson(text) as { success?: unknown; error?: unknown } | null | undefined;
  if (answer === undefined || answer === null)
    return { kind: "retry", error: `Rocket.Chat's answer is not JSON: ${text.slice(0, 500)}` };
  if (answer.success === true) return { kind: "sent" };
  return failed(`Rocket.Chat refused the message: ${refusal(answer.error, text)}`);
}
