import type { IntegrationOf } from "../../config/route-config.ts";
import { secretOf } from "../http/secrets.ts";
import { groupHash, truncate } from "../message.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";

/** Of a state message, in characters. */
const MAX_MESSAGE = 20_480;
const MESSAGE_TYPES = ["INFO", "WARNING", "CRITICAL"];

/** Tells VictorOps (Splunk On-Call) of a group, which is one entity there. */
export async function sendVictorops(
  { settings, http, target }: IntegrationOf<"victorops">,
  payload: NotificationPayload,
  { sender, idempotencyKey, renderer: { text } }: SendContext,
): Promise<Outcome> {
  const key = await secretOf(settings.api_key, settings.api_key_file);
  const path = [key, text(settings.routing_key)].map(encodeURIComponent).join("/");
  const url = new URL(path, await urlOf(target)).href;
  const asked = text(settings.message_type);
  const firing = MESSAGE_TYPES.includes(asked) ? asked : "CRITICAL";
  const custom = Object.entries(settings.custom_fields).map(([name, value]) => [name, text(value)]);
  const body = JSON.stringify({
    message_type: payload.status === "firing" ? firing : "RECOVERY",
    entity_id: groupHash(payload),
    entity_display_name: text(settings.entity_display_name),
    state_message: truncate(text(settings.state_message), MAX_MESSAGE),
    monitoring_tool: text(settings.monitoring_tool),
    ...(Object.fromEntries(custom) as Record<string, string>),
  });
  return sender.post({ url, body, http, timeout: 0, idempotencyKey });
}
