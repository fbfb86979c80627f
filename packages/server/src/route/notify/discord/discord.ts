import type { IntegrationOf } from "../../config/route-config.ts";
import { truncate } from "../message.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";

/** What Discord takes, in characters. */
const MAX = { title: 256, description: 4096, content: 2000 };
const COLOR = { firing: 0x99_2d_22, resolved: 0x2e_cc_71 };

/** Posts a message with one embed to a channel's webhook. */
export async function sendDiscord(
  { settings, http, target }: IntegrationOf<"discord">,
  payload: NotificationPayload,
  { sender, idempotencyKey, renderer: { text } }: SendContext,
): Promise<Outcome> {
  const body = JSON.stringify({
    content: truncate(text(settings.content), MAX.content),
    embeds: [
      {
        title: truncate(text(settings.title), MAX.title),
        description: truncate(text(settings.message), MAX.description),
        color: COLOR[payload.status],
      },
    ],
    username: settings.username || undefined,
    avatar_url: URL.canParse(settings.avatar_url) ? settings.avatar_url : undefined,
  });
  return sender.post({ url: await urlOf(target), body, http, timeout: 0, idempotencyKey });
}
