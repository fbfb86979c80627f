import { z } from "zod";
import { operation } from "./operation.ts";
import { instant, text } from "./values.ts";

/** What is done, exactly. */
export const plannedWork = z.discriminatedUnion("kind", [
  /** A program and its arguments; no shell reads them. */
  z.object({ kind: z.literal("command"), argv: z.array(z.string()), folder: z.string() }),
  z.object({
    kind: z.literal("webhook"),
    method: z.string(),
    url: z.string(),
    /** Without the secret. */
    headers: z.record(z.string(), z.string()),
    body: z.string().nullable(),
  }),
]);
export type PlannedWork = z.infer<typeof plannedWork>;

const values = z.record(z.string(), z.string());

/** An action that was run for an incident, or waits for a second person. */
export const runbookRun = z.object({
  id: z.uuid(),
  incidentId: z.uuid(),
  action: z.string(),
  title: z.string(),
  runbook: z.string().nullable(),
  parameters: values,
  work: plannedWork,
  /** `unknown`: the server stopped while it ran; it is never run again by itself. */
  state: z.enum(["waiting", "running", "succeeded", "failed", "unknown", "refused", "expired"]),
  askedAt: instant,
  askedBy: z.string(),
  /** Until when a second person may approve, where it waits. */
  expiresAt: instant.nullable(),
  /** Who approved or refused. */
  decidedBy: z.string().nullable(),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  /** Of a command that ended by itself. */
  exitCode: z.number().int().nullable(),
  /** Of a webhook's answer. */
  status: z.number().int().nullable(),
  reason: z.string().nullable(),
  /** The end of what it has said. */
  output: z.string(),
});
export type RunbookRun = z.infer<typeof runbookRun>;

/** A step that runbooks have a button for, from seaworthy.yml. */
export const runbookAction = z.object({
  name: z.string(),
  title: z.string(),
  about: z.string(),
  kind: z.enum(["command", "webhook"]),
  /** Who may run it. */
  role: z.enum(["member", "admin"]),
  twoPerson: z.boolean(),
  /** Milliseconds. */
  timeoutMs: z.number().int(),
});
export type RunbookAction = z.infer<typeof runbookAction>;

export const runbookPreview = runbookAction.extend({
  parameters: z.array(
    z.object({
      name: z.string(),
      about: z.string(),
      /** What is filled in; null where nothing says it. */
      value: z.string().nullable(),
      /** The values that it may have, or else the pattern that it has to fit. */
      oneOf: z.array(z.string()).nullable(),
      pattern: z.string().nullable(),
      /** Why the value is not taken. */
      refused: z.string().nullable(),
    }),
  ),
  /** What is wrong with values of parameters that it does not have. */
  problems: z.array(z.string()),
  /** What would be done; null where a value is refused. */
  work: plannedWork.nullable(),
  /** What has to be typed. */
  confirm: z.string().nullable(),
  /** To be sent with the run: worth one run of exactly this. */
  confirmation: z.string().nullable(),
  /** The newest run of it for this incident. */
  last: runbookRun.nullable(),
});
export type RunbookPreview = z.infer<typeof runbookPreview>;

const actionName = z.string().min(1).max(60);
const given = z
  .record(z.string().max(61), z.string().max(2000))
  .refine((all) => Object.keys(all).length <= 50, "are at most 50");
const incident = z.object({ id: z.string().max(40) });
const run = z.object({ id: z.uuid() });

export const listRunbookActions = operation({
  method: "GET",
  path: "/api/runbook-actions",
  access: "read",
  summary: "The steps that runbooks may have a button for",
  answer: z.object({ actions: z.array(runbookAction) }),
});

export const previewRunbookAction = operation({
  method: "POST",
  path: "/api/incidents/:id/runbook-actions/:action/preview",
  access: "write",
  summary: "What an action would do for an incident, exactly; it runs nothing",
  params: incident.extend({ action: actionName }),
  body: z.object({
    /** What is not given is filled in from the incident's labels. */
    values: given.default({}),
    runbook: text(1, 100).nullable().default(null),
  }),
  answer: runbookPreview,
});

export const runRunbookAction = operation({
  method: "POST",
  path: "/api/incidents/:id/runbook-runs",
  access: "write",
  summary:
    "Run an action as its preview showed it, or ask a second person to; the same confirmation again answers the same run",
  params: incident,
  body: z.object({
    action: actionName,
    values: given.default({}),
    runbook: text(1, 100).nullable().default(null),
    confirmation: z.string().regex(/^[\w-]{43}$/),
    /** What was typed, where something has to be. */
    confirm: z.string().max(2000).optional(),
  }),
  answer: runbookRun,
});

export const listRunbookRuns = operation({
  method: "GET",
  path: "/api/incidents/:id/runbook-runs",
  access: "read",
  summary: "What was run for an incident from runbooks, newest first, at most 50",
  params: incident,
  answer: z.object({ runs: z.array(runbookRun) }),
});

export const approveRunbookRun = operation({
  method: "POST",
  path: "/api/runbook-runs/:id/approve",
  access: "write",
  summary: "Run what another person asked for",
  params: run,
  answer: runbookRun,
});

export const rejectRunbookRun = operation({
  method: "POST",
  path: "/api/runbook-runs/:id/reject",
  access: "write",
  summary: "Refuse what waits for a second person, or withdraw it",
  params: run,
  answer: runbookRun,
});
