import { messageOf } from "../../model/index.ts";
import type { WaitingNotification } from "../../store/index.ts";
import type { Integration, RouteConfig } from "../config/route-config.ts";
import type { HttpSender } from "./http.ts";
import type { Outcome } from "./outcome.ts";
import type { NotificationPayload } from "./payload.ts";
import type { SendContext } from "./send-context.ts";
import { sendSlack } from "./slack/slack.ts";
import type { Templates } from "./templates.ts";
import { sendWebhook } from "./webhook/webhook.ts";

/** Delivers a notification once, by the integration that the configuration has for it now. */
export async function send(
  notification: WaitingNotification,
  payload: NotificationPayload,
  house: {
    readonly config: RouteConfig;
    readonly sender: HttpSender;
    readonly templates: Templates;
    readonly externalURL: string;
  },
): Promise<Outcome> {
  const { receiver, integration: name, index, idempotencyKey } = notification;
  const integration = house.config.receivers
    .get(receiver)
    ?.integrations.find((one) => one.name === name && one.index === index);
  if (integration === undefined)
    return {
      kind: "failed",
      error: `receiver "${receiver}" has no ${name}_configs[${index}] in the configuration any more`,
      decideAgain: false,
    };
  const { sender, externalURL, templates } = house;
  const renderer = templates.renderer(payload, externalURL);
  try {
    return await sendBy(integration, payload, { sender, idempotencyKey, externalURL, renderer });
  } catch (error) {
    // A missing file may appear; a template that does not expand will not expand later either.
    const kind = error instanceof Error && "code" in error ? "retry" : "failed";
    return { kind, error: `the notification cannot be prepared: ${messageOf(error)}` };
  }
}

async function sendBy(
  integration: Integration,
  payload: NotificationPayload,
  context: SendContext,
): Promise<Outcome> {
  if ("undelivered" in integration)
    return { kind: "failed", error: integration.undelivered, decideAgain: false };
  return integration.name === "slack"
    ? sendSlack(integration, payload, context)
    : sendWebhook(integration, payload, context);
}
