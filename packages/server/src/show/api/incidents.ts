import {
  acknowledgeIncident,
  alertmanagerWebhook,
  escalateIncident,
  getIncident,
  linksOfLabels,
  linksOfService,
  listIncidentAlerts,
  listIncidents,
  openIncident,
  resolveIncident,
} from "@seaworthy/contract";
import type { Incident, IncidentAlert, IncidentSummary } from "@seaworthy/contract";
import type { z } from "zod";
import type { AlertGroup } from "../../model/index.ts";
import { fingerprint, withoutEmpty } from "../../model/index.ts";
import { languageOfGenerator, statesAfter } from "../../respond/index.ts";
import type { IncidentDetail, Incidents } from "../../respond/index.ts";
import { actorOfRequest } from "../request.ts";
import type { IncidentAlertPlace, IncidentAlertRecord } from "../../store/index.ts";
import type { HttpLimits } from "../limits.ts";
import { noteBlocks } from "./note-blocks.ts";
import type { Serve } from "./serve.ts";

/** An incident as lists show it. */
export function incidentSummaryView(incident: IncidentDetail["incident"]): IncidentSummary {
  return {
    id: incident.id,
    number: incident.number,
    title: incident.title,
    severity: incident.severity,
    state: incident.state,
    service: incident.service,
    openedAt: incident.openedAt.toISOString(),
    acknowledgedAt: incident.acknowledgedAt?.toISOString() ?? null,
    acknowledgedBy: incident.acknowledgedBy,
    resolvedAt: incident.resolvedAt?.toISOString() ?? null,
    firingAlerts: incident.firingAlerts,
    alertCount: incident.alertCount,
  };
}

/** An incident as its page shows it. */
export function incidentView(detail: IncidentDetail): Incident {
  const { incident, alerts, timeline, work } = detail;
  return {
    ...incidentSummaryView(incident),
    nextStates: statesAfter(incident.state).filter((state) => state !== "triggered"),
    respondBy: detail.respondBy?.toISOString() ?? null,
    beganAt: incident.beganAt?.toISOString() ?? null,
    roles: [...work.roles],
    tasks: work.tasks.map((task) => ({
      ...task,
      createdAt: task.createdAt.toISOString(),
      doneAt: task.doneAt?.toISOString() ?? null,
    })),
    resources: [...work.resources],
    services: [...work.services],
    subscribers: [...work.subscribers],
    blast: detail.blast.map((one) => ({ ...one, since: one.since.toISOString() })),
    mergedInto: detail.mergedInto,
    splitFrom: detail.splitFrom,
    alerts: alerts.map(alertView),
    moreAlerts: detail.hasMoreAlerts ? placeOfLast(alerts) : null,
    timeline: timeline.map((entry) => ({
      id: entry.id,
      at: entry.at.toISOString(),
      kind: entry.kind,
      actor: entry.actor,
      text: entry.text,
      blocks: entry.kind === "comment" ? noteBlocks(entry) : undefined,
      pictures: entry.detail?.pictures?.map((picture) => ({ ...picture })),
      url: entry.detail?.url,
    })),
    links:
      incident.service === null
        ? null
        : linksOfService(
            incident.service,
            incident.openedAt.getTime(),
            incident.resolvedAt?.getTime() ?? null,
          ),
  };
}

function alertView(alert: IncidentAlertRecord): IncidentAlert {
  return {
    fingerprint: alert.fingerprint,
    labels: alert.labels,
    annotations: alert.annotations,
    status: alert.status,
    startsAt: alert.startsAt.toISOString(),
    endsAt: alert.endsAt?.toISOString() ?? null,
    expression: alert.expression,
    language: languageOfGenerator(alert.generatorURL),
    generatorURL: alert.generatorURL,
    links: linksOfLabels(alert.labels, alert.startsAt.getTime(), alert.endsAt?.getTime() ?? null),
  };
}

/** After which alert the next page of them begins, as `after` takes it. */
function placeOfLast(alerts: readonly IncidentAlertRecord[]): string | null {
  const last = alerts.at(-1);
  if (last === undefined) return null;
  return `${last.status}.${last.startsAt.getTime()}.${last.fingerprint}`;
}

function placeOf(text: string): IncidentAlertPlace {
  const [status = "", startsAt = "", fingerprint = ""] = text.split(".");
  return {
    status: status === "firing" ? "firing" : "resolved",
    startsAt: new Date(Number(startsAt)),
    fingerprint,
  };
}

/**
 * An Alertmanager's webhook as a group of ours. Fingerprints are computed here, so that an alert that
 * also comes another way is the same alert. Firing alerts carry year 1 as their end: none.
 */
function groupOf(body: z.output<typeof alertmanagerWebhook.body>): AlertGroup {
  return {
    groupKey: `alertmanager ${body.groupKey}`,
    status: body.status,
    groupLabels: body.groupLabels,
    commonLabels: body.commonLabels,
    commonAnnotations: body.commonAnnotations,
    alerts: body.alerts.map((alert) => {
      const labels = withoutEmpty(alert.labels);
      return {
        labels,
        annotations: alert.annotations,
        startsAt: Date.parse(alert.startsAt),
        endsAt: Date.parse(alert.endsAt),
        generatorURL: alert.generatorURL,
        fingerprint: fingerprint(labels),
        status: alert.status,
      };
    }),
  };
}

/** Incidents for people and tools, and the way in for an Alertmanager that runs elsewhere. */
export function serveIncidents(
  serve: Serve,
  { incidents, limits }: { readonly incidents: Incidents; readonly limits: HttpLimits },
): void {
  serve(listIncidents, async ({ query }) => {
    const page = await incidents.list(query);
    return { incidents: page.incidents.map(incidentSummaryView), next: page.next };
  });
  serve(openIncident, async ({ body: { beganAt, ...body }, request }) =>
    incidentView(
      await incidents.open(actorOfRequest(request), {
        ...body,
        beganAt: beganAt === undefined ? null : new Date(beganAt),
      }),
    ),
  );
  serve(listIncidentAlerts, async ({ params, query: { after, limit } }) => {
    const place = after === undefined ? undefined : placeOf(after);
    const page = await incidents.alerts(params.id, { after: place, limit });
    return {
      alerts: page.alerts.map(alertView),
      next: page.hasMore ? placeOfLast(page.alerts) : null,
    };
  });
  serve(getIncident, async ({ params }) => incidentView(await incidents.get(params.id)));
  serve(acknowledgeIncident, async ({ params, request }) =>
    incidentView(await incidents.acknowledge(actorOfRequest(request), params.id)),
  );
  serve(resolveIncident, async ({ params, body, request }) =>
    incidentView(await incidents.resolve(actorOfRequest(request), params.id, body.comment)),
  );
  serve(escalateIncident, async ({ params, request }) =>
    incidentView(await incidents.escalate(actorOfRequest(request), params.id)),
  );
  serve(
    alertmanagerWebhook,
    async ({ body }) => ({ incidents: [...(await incidents.takeGroup(groupOf(body)))] }),
    { bodyLimit: limits.webhookBody },
  );
}
