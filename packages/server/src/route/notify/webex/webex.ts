import type { IntegrationOf } from "../../config/route-config.ts";
import { truncateBytes } from "../message.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";

/** Of a message, in bytes. */
const MAX_MESSAGE = 7439;

/** Writes into a Webex space, in Markdown. */
export async function sendWebex(
  { settings, http, target }: IntegrationOf<"webex">,
  _payload: NotificationPayload,
  { sender, idempotencyKey, renderer: { text } }: SendContext,
): Promise<Outcome> {
  const body = JSON.stringify({
    markdown: truncateBytes(text(settings.message), MAX_MESSAGE),
    roomId: text(settings.room_id),
  });
  return sender.post({ url: await urlOf(target), body, http, timeout: 0, idempotencyKey });
}
