import type { IntegrationOf } from "../../config/route-config.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";

const THEME = { firing: "8C1A1A", resolved: "2DC72D" };
const TEXT_COLOR = { firing: "Attention", resolved: "Good" };

/** Posts a message card to a connector of Microsoft Teams. */
export async function sendMsteams(
  { settings, http, target }: IntegrationOf<"msteams">,
  payload: NotificationPayload,
  { sender, idempotencyKey, renderer: { text } }: SendContext,
): Promise<Outcome> {
  const body = JSON.stringify({
    "@context": "http://schema.org/extensions",
    type: "MessageCard",
    title: text(settings.title),
    summary: text(settings.summary),
    text: text(settings.text),
    themeColor: THEME[payload.status],
  });
  return sender.post({ url: await urlOf(target), body, http, timeout: 0, idempotencyKey });
}

/** Posts an adaptive card to a workflow of Microsoft Teams. */
export async function sendMsteamsv2(
  { settings, http, target }: IntegrationOf<"msteamsv2">,
  payload: NotificationPayload,
  { sender, idempotencyKey, renderer: { text } }: SendContext,
): Promise<Outcome> {
  const card = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.2",
    body: [
      {
        type: "TextBlock",
        text: text(settings.title),
        weight: "Bolder",
        size: "Medium",
        wrap: true,
        style: "heading",
        color: TEXT_COLOR[payload.status],
      },
      { type: "TextBlock", text: text(settings.text), wrap: true },
    ],
    msteams: { width: "full" },
  };
  const body = JSON.stringify({
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: card,
      },
    ],
  });
  return sender.post({ url: await urlOf(target), body, http, timeout: 0, idempotencyKey });
}
