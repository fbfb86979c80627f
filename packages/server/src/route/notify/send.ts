import { messageOf } from "../../model/index.ts";
import type { WaitingNotification } from "../../store/index.ts";
import type { IntegrationName } from "../config/integrations.ts";
import type { Integration, IntegrationOf, RouteConfig } from "../config/route-config.ts";
import { sendDiscord } from "./discord/discord.ts";
import { sendEmail } from "./email/email.ts";
import type { MailSender } from "./email/transport.ts";
import type { HttpSender } from "./http/sender.ts";
import { sendIncidentio } from "./incidentio/incidentio.ts";
import { sendJira } from "./jira/jira.ts";
import { sendMattermost } from "./mattermost/mattermost.ts";
import { sendMsteams, sendMsteamsv2 } from "./msteams/msteams.ts";
import { sendOpsgenie } from "./opsgenie/opsgenie.ts";
import type { Outcome } from "./outcome.ts";
import { sendPagerduty } from "./pagerduty/pagerduty.ts";
import type { NotificationPayload } from "./payload.ts";
import { sendPushover } from "./pushover/pushover.ts";
import { sendRocketchat } from "./rocketchat/rocketchat.ts";
import type { SendContext } from "./send-context.ts";
import { sendSlack } from "./slack/slack.ts";
import { sendSns } from "./sns/sns.ts";
import { sendTelegram } from "./telegram/telegram.ts";
import type { Templates } from "./templates.ts";
import { sendVictorops } from "./victorops/victorops.ts";
import { sendWebex } from "./webex/webex.ts";
import { sendWebhook } from "./webhook/webhook.ts";
import { sendWechat } from "./wechat/wechat.ts";

/** How each integration delivers a notification once. */
const SENDERS: {
  readonly [Name in IntegrationName]: (
    integration: IntegrationOf<Name>,
    payload: NotificationPayload,
    context: SendContext,
  ) => Promise<Outcome>;
} = {
  webhook: sendWebhook,
  email: sendEmail,
  pagerduty: sendPagerduty,
  opsgenie: sendOpsgenie,
  wechat: sendWechat,
  slack: sendSlack,
  victorops: sendVictorops,
  pushover: sendPushover,
  sns: sendSns,
  telegram: sendTelegram,
  discord: sendDiscord,
  webex: sendWebex,
  msteams: sendMsteams,
  msteamsv2: sendMsteamsv2,
  jira: sendJira,
  incidentio: sendIncidentio,
  rocketchat: sendRocketchat,
  mattermost: sendMattermost,
};

/** What sending works with. */
export interface SendingHouse {
  readonly sender: HttpSender;
  readonly mail: MailSender;
  readonly templates: Templates;
  readonly externalURL: string;
  readonly slackThreads: boolean;
  readonly now: () => number;
}

/** Delivers a notification once, by the integration that the configuration has for it now. */
export async function send(
  notification: Pick<WaitingNotification, "receiver" | "integration" | "index" | "idempotencyKey">,
  payload: NotificationPayload,
  house: SendingHouse & {
    readonly config: RouteConfig;
    /** What the receiver called the message that it was sent of this group before. */
    readonly message?: () => Promise<string | undefined>;
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
  const { message = async () => undefined } = house;
  return sendBy(integration, payload, { ...house, message, idempotencyKey });
}

/** Delivers a notification by an integration. Never throws. */
export async function sendBy(
  integration: Integration,
  payload: NotificationPayload,
  house: SendingHouse & Pick<SendContext, "message" | "idempotencyKey">,
): Promise<Outcome> {
  const { templates, ...context } = house;
  try {
    const renderer = templates.renderer(payload, house.externalURL);
    return await dispatch(integration, payload, { ...context, renderer });
  } catch (error) {
    // A missing file may appear; a template that does not expand will not expand later either.
    const kind = error instanceof Error && "code" in error ? "retry" : "failed";
    return { kind, error: `the notification cannot be prepared: ${messageOf(error)}` };
  }
}

function dispatch<Name extends IntegrationName>(
  integration: IntegrationOf<Name>,
  payload: NotificationPayload,
  context: SendContext,
): Promise<Outcome> {
  return SENDERS[integration.name](integration, payload, context);
}
