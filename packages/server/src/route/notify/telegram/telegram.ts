import type { IntegrationOf } from "../../config/route-config.ts";
import type { Answer } from "../http/sender.ts";
import { secretOf } from "../http/secrets.ts";
import { readJson, refusal, truncate } from "../message.ts";
import { failed } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";

/** Of a message, in characters. */
const MAX_MESSAGE = 4096;
/** What is said in place of HTML that is too long: cut anywhere it would not be HTML any more. */
const TOO_LONG = `The message is longer than ${MAX_MESSAGE} characters, which Telegram refuses. Please shorten its template.`;

/** Sends a message by a bot to a chat, or to a topic of it. */
export async function sendTelegram(
  { settings, http, target }: IntegrationOf<"telegram">,
  _payload: NotificationPayload,
  { sender, idempotencyKey, renderer }: SendContext,
): Promise<Outcome> {
  const token = await secretOf(settings.bot_token, settings.bot_token_file);
  const chat = await secretOf(String(settings.chat_id), settings.chat_id_file);
  if (!/^-?\d+$/.test(chat)) return failed("chat_id is not a number");
  const base = (await urlOf(target)).replace(/\/+$/, "");
  const body = JSON.stringify({
    chat_id: chat,
    text: messageOf(settings, renderer),
    message_thread_id: settings.message_thread_id || undefined,
    parse_mode: settings.parse_mode || undefined,
    disable_notification: settings.disable_notifications || undefined,
    disable_web_page_preview: true,
  });
  const outcome = await sender.post({
    url: `${base}/bot${token}/sendMessage`,
    body,
    http,
    timeout: 0,
    idempotencyKey,
    judge: judgeAnswer,
  });
  return outcome;
}

function messageOf(
  settings: IntegrationOf<"telegram">["settings"],
  renderer: SendContext["renderer"],
): string {
  if (settings.parse_mode !== "HTML") return truncate(renderer.text(settings.message), MAX_MESSAGE);
  const message = renderer.html(settings.message);
  return Array.from(message).length > MAX_MESSAGE ? TOO_LONG : message;
}

function judgeAnswer({ text }: Answer): Outcome {
  const { ok, description } = (readJson(text) ?? {}) as { ok?: unknown; description?: unknown };
  if (ok === true) return { kind: "sent" };
  return failed(`Telegram refused the message: ${refusal(description, text)}`);
}
