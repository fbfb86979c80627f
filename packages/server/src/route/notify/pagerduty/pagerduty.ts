import type { IntegrationOf } from "../../config/route-config.ts";
import { secretOf } from "../http/secrets.ts";
import { groupHash, optional, truncate } from "../message.ts";
import { failed } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";

/** Of a summary or description, in characters. */
const MAX_SUMMARY = 1024;
/** Of an event, in bytes; PagerDuty refuses larger ones. */
const MAX_EVENT = 512_000;
/** The first version of the API, which is asked for by a service key. */
const FIRST_API = "https://events.pagerduty.com/generic/2010-04-15/create_event.json";

const DEFAULT_DETAILS = {
  firing: "{{ .Alerts.Firing | toJson }}",
  resolved: "{{ .Alerts.Resolved | toJson }}",
  num_firing: "{{ .Alerts.Firing | len }}",
  num_resolved: "{{ .Alerts.Resolved | len }}",
};

/** Triggers or resolves an incident by the Events API; the group's hash keeps them together. */
export async function sendPagerduty(
  integration: IntegrationOf<"pagerduty">,
  payload: NotificationPayload,
  context: SendContext,
): Promise<Outcome> {
  const { settings, http } = integration;
  const { text, document } = context.renderer;
  const first = settings.service_key !== "" || settings.service_key_file !== "";
  const key = first
    ? text(await secretOf(settings.service_key, settings.service_key_file))
    : text(await secretOf(settings.routing_key, settings.routing_key_file));
  if (key === "") return failed("the key for PagerDuty is empty");
  const details = document({ ...DEFAULT_DETAILS, ...settings.details }) as Record<string, unknown>;
  const event = (custom: Record<string, unknown>) =>
    JSON.stringify(
      first
        ? firstEvent(integration, key, payload, context, custom)
        : secondEvent(integration, key, payload, context, custom),
    );
  let body = event(details);
  if (Buffer.byteLength(body) > MAX_EVENT)
    body = event({
      error: `the details were left out: the event was larger than ${MAX_EVENT} bytes`,
    });
  return context.sender.post({
    url: first ? FIRST_API : await urlOf(integration.target),
    body,
    http,
    timeout: settings.timeout,
    idempotencyKey: context.idempotencyKey,
    ...(first ? { retryOn: [403] } : {}),
  });
}

function secondEvent(
  { settings }: IntegrationOf<"pagerduty">,
  key: string,
  payload: NotificationPayload,
  { renderer: { text } }: SendContext,
  details: Record<string, unknown>,
) {
  const field = (template: string) => optional(text(template));
  return {
    routing_key: key,
    dedup_key: groupHash(payload),
    event_action: payload.status === "firing" ? "trigger" : "resolve",
    payload: {
      summary: truncate(text(settings.description), MAX_SUMMARY),
      source: text(settings.source === "" ? settings.client : settings.source),
      severity: text(settings.severity === "" ? "error" : settings.severity),
      class: field(settings.class),
      component: field(settings.component),
      group: field(settings.group),
      custom_details: details,
    },
    client: field(settings.client),
    client_url: field(settings.client_url),
    images: someOf(
      settings.images.map(({ src, alt, href }) => ({
        src: text(src),
        alt: text(alt),
        href: text(href),
      })),
      ({ src }) => src !== "",
    ),
    links: someOf(
      settings.links.map(({ href, text: shown }) => ({ href: text(href), text: text(shown) })),
      ({ href }) => href !== "",
    ),
  };
}

function firstEvent(
  { settings }: IntegrationOf<"pagerduty">,
  key: string,
  payload: NotificationPayload,
  { renderer: { text } }: SendContext,
  details: Record<string, unknown>,
) {
  const firing = payload.status === "firing";
  return {
    service_key: key,
    incident_key: groupHash(payload),
    event_type: firing ? "trigger" : "resolve",
    description: truncate(text(settings.description), MAX_SUMMARY),
    ...(firing ? { client: text(settings.client), client_url: text(settings.client_url) } : {}),
    details,
  };
}

/** The items that say something; nothing when none does. */
function someOf<T>(items: readonly T[], says: (item: T) => boolean): T[] | undefined {
  const kept = items.filter(says);
  return kept.length === 0 ? undefined : kept;
}
