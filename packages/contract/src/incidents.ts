import { z } from "zod";
import { operation } from "./operation.ts";
import { instant, labels, ruleLanguage, severity, text, signalLinks } from "./values.ts";

export const incidentState = z.enum(["triggered", "acknowledged", "resolved"]);

/** An alert that belongs to an incident. */
export const incidentAlert = z.object({
  fingerprint: z.string(),
  labels,
  annotations: labels,
  status: z.enum(["firing", "resolved"]),
  startsAt: instant,
  endsAt: instant.nullable(),
  /** The expression behind the alert, where it is one of our rules: the evidence's graph. */
  expression: z.string().nullable(),
  language: ruleLanguage,
  generatorURL: z.string(),
  /** Null where the labels name no service. */
  links: signalLinks.nullable(),
});
export type IncidentAlert = z.infer<typeof incidentAlert>;

export const incidentSummary = z.object({
  id: z.string(),
  /** Counts up from 1: what people say aloud. */
  number: z.number().int(),
  title: z.string(),
  severity,
  state: incidentState,
  /** The service of the alert that opened it: label `service`, else `job`. */
  service: z.string().nullable(),
  openedAt: instant,
  acknowledgedAt: instant.nullable(),
  acknowledgedBy: z.string().nullable(),
  resolvedAt: instant.nullable(),
  firingAlerts: z.number().int(),
  alertCount: z.number().int(),
});
export type IncidentSummary = z.infer<typeof incidentSummary>;

export const timelineEntry = z.object({
  id: z.string(),
  at: instant,
  kind: z.enum([
    "opened",
    "alert_firing",
    "alert_resolved",
    "severity_raised",
    "notified",
    "notification_failed",
    "acknowledged",
    "comment",
    "resolved",
    "reopened",
  ]),
  /** A person's e-mail, `token:NAME`, or `system`. */
  actor: z.string(),
  /** Plain text for people; a comment's own words. */
  text: z.string(),
});
export type TimelineEntry = z.infer<typeof timelineEntry>;

export const incident = incidentSummary.extend({
  alerts: z.array(incidentAlert),
  timeline: z.array(timelineEntry),
  /** Of its service; null where it has none. */
  links: signalLinks.nullable(),
});
export type Incident = z.infer<typeof incident>;

const byId = z.object({ id: z.string().max(40) });

export const listIncidents = operation({
  method: "GET",
  path: "/api/incidents",
  access: "read",
  summary: "Incidents, newest first",
  query: z.object({
    state: z.enum(["open", "resolved", "all"]).default("all"),
    /** The `next` of the page before. */
    before: z.coerce.number().int().min(1).max(2_147_483_647).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  answer: z.object({
    incidents: z.array(incidentSummary),
    /** The `before` of the next page. */
    next: z.number().int().nullable(),
  }),
});

export const openIncident = operation({
  method: "POST",
  path: "/api/incidents",
  access: "write",
  summary: "Open an incident by hand",
  body: z.object({
    title: text(1, 200),
    severity,
    service: text(1, 200).nullable().default(null),
    comment: text(1, 20_000).optional(),
  }),
  answer: incident,
  status: 201,
});

export const getIncident = operation({
  method: "GET",
  path: "/api/incidents/:id",
  access: "read",
  summary: "One incident with its alerts and timeline; `id` is the id or the number",
  params: byId,
  answer: incident,
});

export const acknowledgeIncident = operation({
  method: "POST",
  path: "/api/incidents/:id/acknowledge",
  access: "write",
  summary: "Say that somebody is on it; doing it twice changes nothing",
  params: byId,
  answer: incident,
});

export const resolveIncident = operation({
  method: "POST",
  path: "/api/incidents/:id/resolve",
  access: "write",
  summary: "Close an incident by hand; doing it twice changes nothing",
  params: byId,
  body: z.object({ comment: text(1, 20_000).optional() }),
  answer: incident,
});

export const commentIncident = operation({
  method: "POST",
  path: "/api/incidents/:id/comments",
  access: "write",
  summary: "Add a note to the timeline",
  params: byId,
  body: z.object({ text: text(1, 20_000) }),
  answer: incident,
  status: 201,
});

export const escalateIncident = operation({
  method: "POST",
  path: "/api/incidents/:id/escalate",
  access: "write",
  summary: "Page the next ones of the escalation policy at once",
  params: byId,
  answer: incident,
});

export const alertmanagerWebhook = operation({
  method: "POST",
  path: "/api/webhooks/alertmanager",
  access: "ingest",
  summary: "Take an Alertmanager's webhook (version 4) and keep incidents by it",
  body: z.looseObject({
    version: z.literal("4"),
    groupKey: z.string().max(10_000),
    status: z.enum(["firing", "resolved"]),
    receiver: z.string().optional(),
    groupLabels: labels.default({}),
    commonLabels: labels.default({}),
    commonAnnotations: labels.default({}),
    externalURL: z.string().default(""),
    truncatedAlerts: z.number().optional(),
    alerts: z
      .array(
        z.looseObject({
          status: z.enum(["firing", "resolved"]),
          labels,
          annotations: labels.default({}),
          startsAt: z.iso.datetime({ offset: true }),
          endsAt: z.iso.datetime({ offset: true }),
          generatorURL: z.string().default(""),
          fingerprint: z.string().optional(),
        }),
      )
      .max(10_000),
  }),
  answer: z.object({ incidents: z.array(z.string()) }),
});
