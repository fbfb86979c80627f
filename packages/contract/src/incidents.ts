import { z } from "zod";
import { markdownBlocks } from "./markdown.ts";
import { operation } from "./operation.ts";
import { instant, labels, ruleLanguage, severity, text, signalLinks } from "./values.ts";

export const incidentState = z.enum([
  "triggered",
  "acknowledged",
  "investigating",
  "identified",
  "monitoring",
  "resolved",
]);
export type IncidentState = z.infer<typeof incidentState>;

/** A fault of some severity, or work that was planned, which pages nobody. */
export const incidentSeverity = z.enum([...severity.options, "maintenance"]);
export type IncidentSeverity = z.infer<typeof incidentSeverity>;

export const incidentRole = z.enum(["commander", "communications", "scribe"]);
export type IncidentRole = z.infer<typeof incidentRole>;

/** What can stand on a timeline; the server's own list is TimelineKind. */
export const timelineKind = z.enum([
  "opened",
  "alert_firing",
  "alert_resolved",
  "severity_raised",
  "severity_set",
  "notified",
  "notification_failed",
  "acknowledged",
  "state_changed",
  "comment",
  "picture",
  "role",
  "task",
  "link",
  "edited",
  "change",
  "log_burst",
  "merged",
  "split",
  "resolved",
  "reopened",
  "runbook_step",
  "post_mortem",
  "status_update",
  "control",
]);
export type TimelineKind = z.infer<typeof timelineKind>;

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
  severity: incidentSeverity,
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
  kind: timelineKind,
  /** A person's e-mail, `token:NAME`, or `system`. */
  actor: z.string(),
  /** Plain text for people; a note's own words, in Markdown. */
  text: z.string(),
  /** A note's words as a document; without it they are shown as they are. */
  blocks: markdownBlocks.optional(),
  /** Below a note, in this order. */
  pictures: z
    .array(
      z.object({
        id: z.string(),
        /** What it shows; empty where nobody has said. */
        alt: z.string(),
        width: z.number().int(),
        height: z.number().int(),
      }),
    )
    .optional(),
  /** What it points at: a page of ours (a path) or elsewhere. */
  url: z.string().optional(),
});
export type TimelineEntry = z.infer<typeof timelineEntry>;

/** Somebody who takes part. */
export const participant = z.object({ id: z.string(), name: z.string(), email: z.string() });
export type Participant = z.infer<typeof participant>;

export const incidentTask = z.object({
  id: z.string(),
  text: z.string(),
  owner: participant.nullable(),
  createdAt: instant,
  createdBy: z.string(),
  doneAt: instant.nullable(),
  doneBy: z.string().nullable(),
});
export type IncidentTask = z.infer<typeof incidentTask>;

export const incident = incidentSummary.extend({
  /** The states to which it may go from here, the usual one first. */
  nextStates: z.array(incidentState.exclude(["triggered"])),
  /** Until when somebody has to have answered; null for what was planned. */
  respondBy: instant.nullable(),
  /** When the fault began, where a person has said so. */
  beganAt: instant.nullable(),
  roles: z.array(z.object({ role: incidentRole, person: participant })),
  tasks: z.array(incidentTask),
  /** Links that people put beside it. */
  resources: z.array(
    z.object({ id: z.string(), url: z.string(), title: z.string(), addedBy: z.string() }),
  ),
  /** Services that it touches beside its own, as people say. */
  services: z.array(z.string()),
  /** Who is kept informed. */
  subscribers: z.array(participant),
  /** What its alerts reach, by the service that they name (null: none), the most firing first. */
  blast: z.array(
    z.object({
      service: z.string().nullable(),
      alerts: z.number().int(),
      firing: z.number().int(),
      since: instant,
    }),
  ),
  /** The numbers of the incidents that it was merged into, or split off from. */
  mergedInto: z.number().int().nullable(),
  splitFrom: z.number().int().nullable(),
  /** The first of them, firing ones first; `alertCount` says how many there are. */
  alerts: z.array(incidentAlert),
  /** The `after` with which the next ones are asked for; null where these are all. */
  moreAlerts: z.string().nullable(),
  timeline: z.array(timelineEntry),
  /** Of its service; null where it has none. */
  links: signalLinks.nullable(),
});
export type Incident = z.infer<typeof incident>;

export const incidentId = z.object({ id: z.string().max(40) });

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
    severity: incidentSeverity,
    service: text(1, 200).nullable().default(null),
    comment: text(1, 20_000).optional(),
    /** When the fault began, if that was earlier. */
    beganAt: instant.optional(),
    /** With the same key nothing is opened twice: the incident that it opened is answered again. */
    key: text(1, 200).optional(),
  }),
  answer: incident,
  status: 201,
});

export const getIncident = operation({
  method: "GET",
  path: "/api/incidents/:id",
  access: "read",
  summary: "One incident with its alerts and timeline; `id` is the id or the number",
  params: incidentId,
  answer: incident,
});

export const listIncidentAlerts = operation({
  method: "GET",
  path: "/api/incidents/:id/alerts",
  access: "read",
  summary: "The alerts of an incident, firing ones first, then by when they began",
  params: incidentId,
  query: z.object({
    /** The `next` of the page before, or the incident's `moreAlerts`. */
    after: z
      .string()
      .regex(/^(?:firing|resolved)\.\d{1,15}\.[0-9a-f]{1,64}$/)
      .optional(),
    limit: z.coerce.number().int().min(1).max(500).default(100),
  }),
  answer: z.object({ alerts: z.array(incidentAlert), next: z.string().nullable() }),
});

export const acknowledgeIncident = operation({
  method: "POST",
  path: "/api/incidents/:id/acknowledge",
  access: "write",
  summary: "Say that somebody is on it; doing it twice changes nothing",
  params: incidentId,
  answer: incident,
});

export const resolveIncident = operation({
  method: "POST",
  path: "/api/incidents/:id/resolve",
  access: "write",
  summary: "Close an incident by hand; doing it twice changes nothing",
  params: incidentId,
  body: z.object({ comment: text(1, 20_000).optional() }),
  answer: incident,
});

export const escalateIncident = operation({
  method: "POST",
  path: "/api/incidents/:id/escalate",
  access: "write",
  summary: "Page the next ones of the escalation policy at once",
  params: incidentId,
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
