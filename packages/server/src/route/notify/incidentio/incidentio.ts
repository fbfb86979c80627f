import type { IntegrationOf } from "../../config/route-config.ts";
import { secretOf } from "../http/secrets.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";
import { webhookBody } from "../webhook/webhook.ts";

/** Of a body, in bytes; incident.io answers 429 to more. */
const MAX_BODY = 512 * 1024;

/** Posts a group to an alert source of incident.io, in the form of a webhook. */
export async function sendIncidentio(
  { settings, http, target }: IntegrationOf<"incidentio">,
  payload: NotificationPayload,
  context: SendContext,
): Promise<Outcome> {
  const make = (most: number) => webhookBody(payload, most, { ...context, version: "1" });
  let body = make(settings.max_alerts);
  // The first alert is what makes the alert there; the others are useful, not necessary.
  if (Buffer.byteLength(body) > MAX_BODY) body = make(1);
  const token = await secretOf(settings.alert_source_token, settings.alert_source_token_file);
  return context.sender.post({
    url: await urlOf(target),
    ...(token === "" ? {} : { headers: { authorization: `Bearer ${token}` } }),
    body,
    http,
    timeout: settings.timeout,
    idempotencyKey: context.idempotencyKey,
  });
}
