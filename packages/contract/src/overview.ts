import { z } from "zod";
import { incidentSummary } from "./incidents.ts";
import { operation } from "./operation.ts";
import { instant, labels, ruleLanguage, signalLinks } from "./values.ts";

/** The last minutes of one figure, oldest first, one point every `stepSeconds`; null where nothing is known. */
const spark = z.array(z.number().nullable());

export const serviceSummary = z.object({
  service: z.string(),
  /** Share of its targets that answered the last scrape, 0 to 1. */
  up: z.number().nullable(),
  /** Requests a second. */
  requestRate: z.number().nullable(),
  /** Share of requests answered 5xx, 0 to 1. */
  errorShare: z.number().nullable(),
  /** 95th percentile of the request duration, seconds. */
  p95: z.number().nullable(),
  firingAlerts: z.number().int(),
  spark: z.object({ stepSeconds: z.number(), requestRate: spark, errorShare: spark, p95: spark }),
});
export type ServiceSummary = z.infer<typeof serviceSummary>;

export const activeAlert = z.object({
  fingerprint: z.string(),
  name: z.string(),
  state: z.enum(["pending", "firing"]),
  labels,
  annotations: labels,
  activeSince: instant,
  value: z.number().nullable(),
  /** The rule's expression. */
  expression: z.string(),
  language: ruleLanguage,
  group: z.string(),
  /** The open incident that it belongs to. */
  incident: z.object({ id: z.string(), number: z.number().int() }).nullable(),
  silenced: z.boolean(),
  inhibited: z.boolean(),
  /** Null where the labels name no service. */
  links: signalLinks.nullable(),
});
export type ActiveAlert = z.infer<typeof activeAlert>;

/** One notification that was decided on, and what became of it. */
export const notification = z.object({
  id: z.string(),
  receiver: z.string(),
  /** e.g. `webhook`, `slack`. */
  integration: z.string(),
  status: z.enum(["firing", "resolved"]),
  state: z.enum(["waiting", "sent", "failed"]),
  decidedAt: instant,
  sentAt: instant.nullable(),
  attempts: z.number().int(),
  error: z.string().nullable(),
  groupLabels: labels,
  alerts: z.number().int(),
});
export type Notification = z.infer<typeof notification>;

export const getOverview = operation({
  method: "GET",
  path: "/api/overview",
  access: "read",
  summary: "The state of everything on one screen",
  answer: z.object({
    firing: z.number().int(),
    pending: z.number().int(),
    openIncidents: z.array(incidentSummary),
    /** When the last incident ended or, if there was none, when this installation began. */
    clearSince: instant.nullable(),
    services: z.array(serviceSummary),
    targets: z.object({ up: z.number().int(), down: z.number().int() }),
    /** Proof of life: when a notification last reached a receiver. */
    lastNotification: notification.nullable(),
  }),
});

export const listAlerts = operation({
  method: "GET",
  path: "/api/alerts",
  access: "read",
  summary: "Pending and firing alerts, firing first, longest first",
  answer: z.object({ alerts: z.array(activeAlert) }),
});

export const listNotifications = operation({
  method: "GET",
  path: "/api/notifications",
  access: "read",
  summary: "Notifications, newest first",
  query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
  answer: z.object({ notifications: z.array(notification) }),
});

/** What `GET /api/live` (server-sent events) sends as the data of each event named `change`. */
export const change = z.object({
  topic: z.enum([
    "alerts",
    "incidents",
    "notifications",
    "targets",
    "silences",
    "on-call",
    "status-page",
    "configuration",
    "controls",
  ]),
  id: z.string().optional(),
});
export type Change = z.infer<typeof change>;
