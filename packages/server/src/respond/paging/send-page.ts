import type { ContactKind } from "../../model/index.ts";
import { defaultHttpConfig } from "../../route/index.ts";
import type { HttpSender, MailSender, Outcome } from "../../route/index.ts";
import { reveal, sendMail } from "../mail.ts";
import type { ConfiguredSecret, MailAccount } from "../mail.ts";
import { postJson } from "../post-json.ts";
import { slackEscaped } from "../slack-text.ts";
import { escapeHtml, headlineOf, htmlOf, textOf } from "./message.ts";
import type { PageMessage } from "./message.ts";
import { push } from "./push/push.ts";
import type { PushSender } from "./push/vapid.ts";

/** By what this installation reaches people, from `paging` in seaworthy.yml. */
export interface PagingConfig {
  readonly email: MailAccount | undefined;
  /** Twilio, or another one with its API. */
  readonly telephone:
    | {
        readonly url: string;
        readonly account: string;
        readonly token: ConfiguredSecret;
        readonly from: string;
      }
    | undefined;
  /** Whether people may name webhooks inside private networks. */
  readonly allowPrivateAddresses: boolean;
}

/** What a page goes out by. */
export interface PageSenders {
  readonly config: PagingConfig;
  readonly http: HttpSender;
  readonly mail: MailSender;
  readonly push: () => Promise<PushSender>;
  readonly now: () => number;
  /** Told when a browser has ended its subscription. */
  readonly gone: (page: { readonly kind: ContactKind; readonly address: string }) => Promise<void>;
}

/** A text message of one part in the GSM alphabet. */
const SMS_LENGTH = 160;

/** Whether the installation can page by this kind at all; else what it lacks. */
export function lackFor(kind: ContactKind, config: PagingConfig): string | undefined {
  if (kind === "email" && config.email === undefined)
    return "no mail server is configured: paging.email in seaworthy.yml";
  if ((kind === "sms" || kind === "voice") && config.telephone === undefined)
    return "no telephone service is configured: paging.twilio in seaworthy.yml";
  return undefined;
}

/** Sends a page once, and says what became of it. `id` is the same for each attempt. Never throws. */
export async function sendPage(
  page: { readonly id: string; readonly kind: ContactKind; readonly address: string },
  message: PageMessage,
  senders: PageSenders,
): Promise<Outcome> {
  const lack = lackFor(page.kind, senders.config);
  if (lack !== undefined) return { kind: "failed", error: lack };
  try {
    return await SENDERS[page.kind](page, message, senders);
  } catch (error) {
    // A file with a password may be put right while we try again.
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: "retry", error: reason };
  }
}

type Send = (
  page: { readonly id: string; readonly address: string },
  message: PageMessage,
  senders: PageSenders,
) => Promise<Outcome>;

const SENDERS: Readonly<Record<ContactKind, Send>> = {
  email: ({ id, address }, message, { config, mail, now }) =>
    sendMail(mail, config.email, {
      to: address,
      subject: headlineOf(message),
      messageId: `<${id}@seaworthy>`,
      text: textOf(message),
      html: htmlOf(message),
      date: now(),
      headers: { "x-priority": "1" },
    }),

  slack: (page, message, senders) =>
    post(page, senders, {
      text: `*${slackEscaped(headlineOf(message))}*\n<${message.acknowledgeUrl}|Take it on> · <${message.incidentUrl}|See it>\nYou are paged by ${slackEscaped(message.policy)}, ${message.step}.`,
    }),

  webhook: (page, message, senders) =>
    post(page, senders, {
      type: "page",
      id: page.id,
      incident: {
        ...message.incident,
        openedAt: message.incident.openedAt.toISOString(),
        url: message.incidentUrl,
      },
      policy: message.policy,
      step: message.step,
      acknowledgeUrl: message.acknowledgeUrl,
    }),

  push: pushed,
  sms(page, message, senders) {
    const link = `\n${message.acknowledgeUrl}`;
    const room = Math.max(20, SMS_LENGTH - link.length);
    const headline = headlineOf(message);
    const shown = headline.length > room ? `${headline.slice(0, room - 1)}…` : headline;
    return telephone(page, senders, "Messages", { Body: `${shown}${link}` });
  },

  voice(page, message, senders) {
    const said = escapeHtml(
      `Seaworthy. Incident ${message.incident.number}, ${message.incident.severity}: ${message.incident.title}. Press 1 to take it on.`
        // XML takes no other control characters: the call would not be made.
        .replace(/[\p{Cc}\uFFFE\uFFFF]/gu, " "),
    );
    const action = escapeHtml(`${message.acknowledgeUrl}/voice`);
    return telephone(page, senders, "Calls", {
      Twiml: `<Response><Gather numDigits="1" timeout="15" action="${action}"><Say loop="3">${said}</Say></Gather></Response>`,
    });
  },
};

async function pushed(
  page: { readonly id: string; readonly address: string },
  message: PageMessage,
  senders: PageSenders,
): Promise<Outcome> {
  const { allowPrivateAddresses } = senders.config;
  const means = { ...senders, push: await senders.push(), allowPrivateAddresses };
  const { outcome, gone } = await push(page, message, means);
  if (gone) await senders.gone({ kind: "push", address: page.address });
  return outcome;
}

function post(
  { id, address }: { readonly id: string; readonly address: string },
  { config, http }: PageSenders,
  body: unknown,
): Promise<Outcome> {
  const { allowPrivateAddresses } = config;
  return postJson(http, { id, address, body, allowPrivateAddresses });
}

/** Twilio's API of 2010-04-01, which others offer, too. */
async function telephone(
  { id, address }: { readonly id: string; readonly address: string },
  { config, http }: PageSenders,
  resource: "Messages" | "Calls",
  fields: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const { telephone } = config;
  if (telephone === undefined) {
    return { kind: "failed", error: "no telephone service is configured" };
  }
  const { url, account, token, from } = telephone;
  const credentials = Buffer.from(`${account}:${await reveal(token)}`).toString("base64");
  return http.post({
    url: `${url}/2010-04-01/Accounts/${encodeURIComponent(account)}/${resource}.json`,
    body: new URLSearchParams({ To: address, From: from, ...fields }).toString(),
    contentType: "application/x-www-form-urlencoded",
    headers: { authorization: `Basic ${credentials}` },
    http: defaultHttpConfig,
    idempotencyKey: id,
    timeout: 0,
  });
}
