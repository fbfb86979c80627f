import type { AlertSnapshot } from "../../../model/index.ts";
import type { IntegrationOf } from "../../config/route-config.ts";
import type { Outcome } from "../outcome.ts";
import { describeGroup } from "../payload.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";
import { quoteMeta } from "../templates.ts";

/** Go's zero time, which Alertmanager writes for the end of an alert that has none. */
const NO_TIME = "0001-01-01T00:00:00Z";

/** Posts Alertmanager's webhook, version 4, with the idempotency key added. */
export async function sendWebhook(
  integration: IntegrationOf<"webhook">,
  payload: NotificationPayload,
  context: SendContext,
): Promise<Outcome> {
  const { settings, http } = integration;
  const { idempotencyKey, sender, renderer } = context;
  const url = await urlOf(integration.target, renderer.text);
  const body =
    settings.payload === undefined
      ? webhookBody(payload, settings.max_alerts, context)
      : JSON.stringify(renderer.document(settings.payload));
  return sender.post({ url, body, http, idempotencyKey, timeout: settings.timeout });
}

/** The webhook's body. Field order and forms are those of Alertmanager. */
export function webhookBody(
  payload: NotificationPayload,
  maxAlerts: number,
  context: Pick<SendContext, "idempotencyKey" | "externalURL" | "renderer"> & {
    readonly version?: string;
  },
): string {
  const truncated = maxAlerts > 0 ? Math.max(0, payload.alerts.length - maxAlerts) : 0;
  const alerts = truncated > 0 ? payload.alerts.slice(0, maxAlerts) : payload.alerts;
  const shown = describeGroup(payload.groupKey, payload.groupLabels, alerts);
  return JSON.stringify({
    receiver: quoteMeta(payload.receiver),
    status: shown.status,
    alerts: alerts.map(webhookAlert),
    notification_reason: payload.reason,
    groupLabels: shown.groupLabels,
    commonLabels: shown.commonLabels,
    commonAnnotations: shown.commonAnnotations,
    routeLabels: context.renderer.routeLabels,
    externalURL: context.externalURL,
    version: context.version ?? "4",
    groupKey: payload.groupKey,
    truncatedAlerts: truncated,
    idempotencyKey: context.idempotencyKey,
  });
}

function webhookAlert(alert: AlertSnapshot) {
  return {
    status: alert.status,
    labels: alert.labels,
    annotations: alert.annotations,
    startsAt: formatTime(alert.startsAt),
    endsAt: alert.status === "firing" ? NO_TIME : formatTime(alert.endsAt),
    generatorURL: alert.generatorURL,
    fingerprint: alert.fingerprint,
  };
}

/** RFC 3339 as Go writes it: no fraction where there is none. */
export function formatTime(at: number): string {
  return new Date(at).toISOString().replace(/\.?0*Z$/, "Z");
}
