import type { SlackIntegration } from "../../config/route-config.ts";
import { readSecret } from "../http.ts";
import type { Answer } from "../http.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import type { Renderer } from "../templates.ts";

/** Slack cuts titles off there (in code points). */
const MAX_TITLE = 1024;

/** Posts a message with one attachment, to an incoming webhook or to chat.postMessage. */
export async function sendSlack(
  integration: SlackIntegration,
  _payload: NotificationPayload,
  context: SendContext,
): Promise<Outcome> {
  const { settings, http, target } = integration;
  const url = "url" in target ? target.url : await readSecret(target.file);
  if (!URL.canParse(url)) return { kind: "failed", error: "the URL for Slack is not valid" };
  return context.sender.post({
    url,
    http,
    body: JSON.stringify(slackMessage(integration, context.renderer)),
    idempotencyKey: context.idempotencyKey,
    timeout: settings.timeout,
    judge: judgeAnswer,
  });
}

/** The message, in the field names and order that Alertmanager uses; empty ones are left out. */
export function slackMessage({ settings }: SlackIntegration, { text }: Renderer) {
  const optional = (template: string) => {
    const expanded = text(template);
    return expanded === "" ? undefined : expanded;
  };
  const title = truncate(text(settings.title), MAX_TITLE);
  return {
    channel: optional(settings.channel),
    username: optional(settings.username),
    icon_emoji: optional(settings.icon_emoji),
    icon_url: optional(settings.icon_url),
    link_names: settings.link_names ? true : undefined,
    text: optional(settings.message_text),
    attachments: [
      {
        title: title === "" ? undefined : title,
        title_link: optional(settings.title_link),
        pretext: optional(settings.pretext),
        text: text(settings.text),
        fallback: text(settings.fallback),
        callback_id: text(settings.callback_id),
        fields:
          settings.fields.length === 0
            ? undefined
            : settings.fields.map((field) => ({
                title: text(field.title),
                value: text(field.value),
                short: field.short ?? settings.short_fields,
              })),
        actions:
          settings.actions.length === 0
            ? undefined
            : settings.actions.map((action) => slackAction(action, text, optional)),
        image_url: optional(settings.image_url),
        thumb_url: optional(settings.thumb_url),
        footer: text(settings.footer),
        color: optional(settings.color),
        mrkdwn_in:
          settings.mrkdwn_in.length === 0 ? ["fallback", "pretext", "text"] : settings.mrkdwn_in,
      },
    ],
  };
}

/** A button: one that opens a URL has neither name, value nor confirmation. */
function slackAction(
  action: SlackIntegration["settings"]["actions"][number],
  text: Renderer["text"],
  optional: (template: string) => string | undefined,
) {
  const { confirm } = action;
  const link = action.url !== "";
  return {
    type: text(action.type),
    text: text(action.text),
    url: link ? optional(action.url) : undefined,
    style: optional(action.style),
    name: link ? undefined : optional(action.name),
    value: link ? undefined : optional(action.value),
    confirm:
      link || confirm === undefined
        ? undefined
        : {
            text: text(confirm.text),
            title: optional(confirm.title),
            ok_text: optional(confirm.ok_text),
            dismiss_text: optional(confirm.dismiss_text),
          },
  };
}

function truncate(value: string, length: number): string {
  const points = Array.from(value);
  return points.length <= length ? value : `${points.slice(0, length - 1).join("")}…`;
}

/** Slack answers 200 to what it refuses: with a JSON object that says so, or a text other than `ok`. */
function judgeAnswer({ contentType, text }: Answer): Outcome {
  const refused = (reason: string): Outcome => ({
    kind: "failed",
    error: `Slack refused the message: ${reason.slice(0, 500)}`,
  });
  if (!contentType.startsWith("application/json"))
    return text === "ok" ? { kind: "sent" } : refused(text);
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return { kind: "retry", error: `Slack's answer is not JSON: ${text.slice(0, 500)}` };
  }
  const { ok, error } = (answer ?? {}) as { ok?: unknown; error?: unknown };
  return ok === true ? { kind: "sent" } : refused(typeof error === "string" ? error : text);
}
