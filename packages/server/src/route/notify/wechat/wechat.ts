import type { IntegrationOf } from "../../config/route-config.ts";
import { secretOf } from "../http/secrets.ts";
import { optional, readJson, refusal } from "../message.ts";
import { failed } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";

/** WeChat's codes for an access token that has ended or was replaced. */
const STALE_TOKEN = new Set([40_001, 40_014, 42_001]);

/** Sends a message by an app of a company (WeChat Work). */
export async function sendWechat(
  integration: IntegrationOf<"wechat">,
  _payload: NotificationPayload,
  context: SendContext,
): Promise<Outcome> {
  const { settings, http, target } = integration;
  const { sender, idempotencyKey, renderer } = context;
  const { text } = renderer;
  const base = await urlOf(target);
  const common = { http, timeout: 0, idempotencyKey };

  const ask = new URL("gettoken", base);
  ask.searchParams.set("corpid", text(settings.corp_id));
  ask.searchParams.set(
    "corpsecret",
    text(await secretOf(settings.api_secret, settings.api_secret_file)),
  );
  // WeChat gives the same token out again as long as it is good.
  const asked = await sender.exchange({ ...common, method: "GET", url: ask.href });
  if (!asked.ok) return asked.outcome;
  const { access_token: token } = (readJson(asked.answer.text) ?? {}) as { access_token?: unknown };
  if (typeof token !== "string" || token === "")
    return failed(`WeChat gives no access token: ${reasonOf(asked.answer.text)}`);

  const content = { content: text(settings.message) };
  const markdown = settings.message_type === "markdown";
  const send = new URL("message/send", base);
  send.searchParams.set("access_token", token);
  const body = JSON.stringify({
    touser: optional(text(settings.to_user)),
    toparty: optional(text(settings.to_party)),
    totag: optional(text(settings.to_tag)),
    agentid: optional(text(settings.agent_id)),
    safe: "0",
    msgtype: markdown ? "markdown" : "text",
    ...(markdown ? { markdown: content } : { text: content }),
  });
  return sender.post({
    ...common,
    url: send.href,
    body,
    judge: ({ text: answer }) => judge(answer),
  });
}

function judge(answer: string): Outcome {
  const { errcode } = (readJson(answer) ?? {}) as { errcode?: unknown };
  if (errcode === 0) return { kind: "sent" };
  const error = `WeChat refused the message: ${reasonOf(answer)}`;
  return STALE_TOKEN.has(Number(errcode)) ? { kind: "retry", error } : failed(error);
}

function reasonOf(answer: string): string {
  const { errmsg } = (readJson(answer) ?? {}) as { errmsg?: unknown };
  return refusal(errmsg, answer);
}
