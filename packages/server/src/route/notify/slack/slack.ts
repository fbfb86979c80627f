import type { IntegrationOf } from "../../config/route-config.ts";
import type { Answer } from "../http/sender.ts";
import { optional, readJson, truncate } from "../message.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";
import type { Renderer } from "../templates.ts";

/** Slack cuts titles off there (in code points). */
const MAX_TITLE = 1024;

/** The method that changes a message, beside the one that posts it. */
const UPDATE_METHOD = "chat.update";

/** What Slack called a message: enough to change it later. */
interface Posted {
  readonly channel: string;
  readonly ts: string;
}

/**
 * Posts a message with one attachment, to an incoming webhook or to chat.postMessage. With
 * `update_message` the group's first message is changed instead of followed by another one; where
 * threads are wished, an app's later messages of the group are answers to its first.
 */
export async function sendSlack(
  integration: IntegrationOf<"slack">,
  _payload: NotificationPayload,
  context: SendContext,
): Promise<Outcome> {
  const { settings, http, target } = integration;
  const url = await urlOf(target);
  const message = slackMessage(integration, context.renderer);
  const changes = settings.update_message;
  const follows = changes || context.slackThreads;
  const posted = follows ? readPosted(await context.message()) : undefined;
  return context.sender.post({
    url: posted !== undefined && changes ? new URL(UPDATE_METHOD, url).href : url,
    http,
    body: JSON.stringify(posted === undefined ? message : following(message, posted, changes)),
    idempotencyKey: context.idempotencyKey,
    timeout: settings.timeout,
    // The first message stays the one that all others answer.
    judge: (answer) => judgeAnswer(answer, changes || (follows && posted === undefined)),
  });
}

function following(message: object, { channel, ts }: Posted, changes: boolean): object {
  return changes ? { ...message, channel, ts } : { ...message, channel, thread_ts: ts };
}

function readPosted(text: string | undefined): Posted | undefined {
  const { channel, ts } = (text === undefined ? {} : (readJson(text) ?? {})) as Partial<Posted>;
  return typeof channel === "string" && typeof ts === "string" ? { channel, ts } : undefined;
}

/** The message, in the field names and order that Alertmanager uses; empty ones are left out. */
export function slackMessage({ settings }: IntegrationOf<"slack">, { text }: Renderer) {
  const field = (template: string) => optional(text(template));
  const title = truncate(text(settings.title), MAX_TITLE);
  return {
    channel: field(settings.channel),
    username: field(settings.username),
    icon_emoji: field(settings.icon_emoji),
    icon_url: field(settings.icon_url),
    link_names: settings.link_names ? true : undefined,
    text: field(settings.message_text),
    attachments: [
      {
        title: optional(title),
        title_link: field(settings.title_link),
        pretext: field(settings.pretext),
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
            : settings.actions.map((action) => slackAction(action, text, field)),
        image_url: field(settings.image_url),
        thumb_url: field(settings.thumb_url),
        footer: text(settings.footer),
        color: field(settings.color),
        mrkdwn_in:
          settings.mrkdwn_in.length === 0 ? ["fallback", "pretext", "text"] : settings.mrkdwn_in,
      },
    ],
  };
}

/** A button: one that opens a URL has neither name, value nor confirmation. */
function slackAction(
  action: IntegrationOf<"slack">["settings"]["actions"][number],
  text: Renderer["text"],
  field: (template: string) => string | undefined,
) {
  const { confirm } = action;
  const link = action.url !== "";
  return {
    type: text(action.type),
    text: text(action.text),
    url: link ? field(action.url) : undefined,
    style: field(action.style),
    name: link ? undefined : field(action.name),
    value: link ? undefined : field(action.value),
    confirm:
      link || confirm === undefined
        ? undefined
        : {
            text: text(confirm.text),
            title: field(confirm.title),
            ok_text: field(confirm.ok_text),
            dismiss_text: field(confirm.dismiss_text),
          },
  };
}

/** Slack answers 200 to what it refuses: with a JSON object that says so, or a text other than `ok`. */
function judgeAnswer({ contentType, text }: Answer, remember: boolean): Outcome {
  const refused = (reason: string): Outcome => ({
    kind: "failed",
    error: `Slack refused the message: ${reason.slice(0, 500)}`,
  });
  if (!contentType.startsWith("application/json"))
    return text === "ok" ? { kind: "sent" } : refused(text);
  const answer = readJson(text) as Record<string, unknown> | null | undefined;
  if (answer === undefined || answer === null)
    return { kind: "retry", error: `Slack's answer is not JSON: ${text.slice(0, 500)}` };
  const { ok, error, channel, ts } = answer;
  if (ok !== true) return refused(typeof error === "string" ? error : text);
  const known = typeof channel === "string" && typeof ts === "string";
  return remember && known
    ? { kind: "sent", message: JSON.stringify({ channel, ts }) }
    : { kind: "sent" };
}
