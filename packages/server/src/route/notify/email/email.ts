import type { IntegrationOf } from "../../config/route-config.ts";
import { secretOf } from "../http/secrets.ts";
import { groupHash } from "../message.ts";
import { failed } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { addressesOf } from "./addresses.ts";

const DEFAULT_SUBJECT = '{{ template "email.default.subject" . }}';
/** The port at which TLS begins with the connection (RFC 8314). */
const IMPLICIT_TLS_PORT = 465;

/** Sends a message by SMTP: text, HTML, or both as alternatives. */
export async function sendEmail(
  { settings, target }: IntegrationOf<"email">,
  payload: NotificationPayload,
  context: SendContext,
): Promise<Outcome> {
  const { text, html } = context.renderer;
  const from = addressesOf(text(settings.from));
  const to = addressesOf(text(settings.to));
  if (from.length !== 1) return failed(`"from" must be one address, not ${from.length}`);
  if (to.length === 0) return failed('"to" names no address');
  const headers = new Map(
    Object.entries(settings.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const take = (name: string) => {
    const value = headers.get(name);
    headers.delete(name);
    return value === undefined ? undefined : text(value);
  };
  const subject = take("subject") ?? text(DEFAULT_SUBJECT);
  const shownFrom = take("from") ?? text(settings.from);
  const shownTo = take("to") ?? text(settings.to);
  const messageId = take("message-id");
  const { host, port } = hostPortOf("url" in target ? target.url : "");
  return context.mail.send(
    {
      host,
      port,
      hello: settings.hello,
      implicitTls: settings.force_implicit_tls ?? port === IMPLICIT_TLS_PORT,
      requireTls: settings.require_tls ?? true,
      tls: settings.tls_config,
      user: settings.auth_username,
      password: await secretOf(settings.auth_password, settings.auth_password_file),
      secret: await secretOf(settings.auth_secret, settings.auth_secret_file),
    },
    {
      envelope: { from: from[0] ?? "", to },
      from: shownFrom,
      to: shownTo,
      subject,
      messageId: messageId ?? `<${context.idempotencyKey}@seaworthy>`,
      text: settings.text === "" ? undefined : text(settings.text),
      html: settings.html === "" ? undefined : html(settings.html),
      date: context.now(),
      headers: {
        ...threadHeaders(settings.threading, payload, context.now()),
        ...Object.fromEntries([...headers].map(([name, value]) => [name, text(value)])),
      },
    },
  );
}

/** All messages of a group, or of its day, answer one message that does not exist. */
function threadHeaders(
  threading: IntegrationOf<"email">["settings"]["threading"],
  payload: NotificationPayload,
  now: number,
): Record<string, string> {
  if (threading?.enabled !== true) return {};
  const day = threading.thread_by_date === "none" ? "" : new Date(now).toISOString().slice(0, 10);
  const root = `<alert-${groupHash(payload).slice(0, 16)}-${day}@alertmanager>`;
  return { references: root, "in-reply-to": root };
}

function hostPortOf(smarthost: string): { host: string; port: number } {
  const [, host = "", port = ""] = /^(.*):([^:]+)$/.exec(smarthost) ?? [];
  return {
    host: host.replace(/^\[|\]$/g, ""),
    // Names of services are not looked up; these are the ones that people write.
    port: { smtp: 25, submission: 587, smtps: 465 }[port] ?? Number(port),
  };
}
