import type { IntegrationOf } from "../../config/route-config.ts";
import { secretOf } from "../http/secrets.ts";
import { truncate } from "../message.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";

/** What Pushover takes, in characters. */
const MAX = { title: 250, message: 1024, url: 512 };

/** Sends a push message; one that fires is an emergency, repeated until somebody confirms it. */
export async function sendPushover(
  { settings, http, target }: IntegrationOf<"pushover">,
  _payload: NotificationPayload,
  { sender, idempotencyKey, renderer: { text, html } }: SendContext,
): Promise<Outcome> {
  const message = settings.html ? html(settings.message) : text(settings.message);
  const seconds = (ms: number) => String(Math.floor(ms / 1000));
  const form = new URLSearchParams({
    token: text(await secretOf(settings.token, settings.token_file)),
    user: text(await secretOf(settings.user_key, settings.user_key_file)),
    title: truncate(text(settings.title), MAX.title),
    // An empty message is refused.
    message: truncate(message, MAX.message).trim() || "(no details)",
    url: truncate(text(settings.url), MAX.url),
    url_title: text(settings.url_title),
    priority: text(settings.priority),
    retry: seconds(settings.retry),
    expire: seconds(settings.expire),
    device: text(settings.device),
    sound: text(settings.sound),
    ...(settings.html ? { html: "1" } : {}),
    ...(settings.monospace ? { monospace: "1" } : {}),
    ...(settings.ttl >= 1000 ? { ttl: seconds(settings.ttl) } : {}),
  });
  return sender.post({
    url: await urlOf(target),
    // In the body, not in the URL: URLs are logged on the way.
    body: form.toString(),
    contentType: "application/x-www-form-urlencoded",
    http,
    timeout: 0,
    idempotencyKey,
  });
}
