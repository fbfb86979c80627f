import { z } from "zod";
import { markdownBlocks } from "./markdown.ts";
import { operation } from "./operation.ts";
import { instant, labels, text } from "./values.ts";

/** Something wrong in a runbook's file; lines count from 1. */
const fault = z.object({ file: z.string(), line: z.number().int(), reason: z.string() });

export const runbookSummary = z.object({
  /** What links end with. */
  name: z.string(),
  title: z.string(),
  summary: z.string(),
  /** Whether it was shipped or is the user's own. */
  source: z.enum(["default", "own"]),
  file: z.string(),
  /** Steps that can be ticked off. */
  steps: z.number().int(),
  /** Alerting rules that lead to it. */
  alerts: z.array(z.string()),
});
export type RunbookSummary = z.infer<typeof runbookSummary>;

export const runbook = runbookSummary.extend({
  blocks: markdownBlocks,
  /** Labels that its placeholders name. */
  labels: z.array(z.string()),
  /** What was filled in. */
  given: labels,
  done: z.array(z.object({ step: z.string(), at: instant, by: z.string() })),
  /** Its blocks of `action`, by the line of their fence. */
  buttons: z.array(
    z.object({
      line: z.number().int(),
      action: z.string(),
      /** Null where seaworthy.yml has no such action. */
      title: z.string().nullable(),
      /** What it gives to parameters, filled in as far as is known. */
      values: z.record(z.string(), z.string()),
    }),
  ),
  faults: z.array(fault),
});
export type Runbook = z.infer<typeof runbook>;

const name = z.string().min(1).max(100);
const ofIncident = z.object({ id: z.string().max(40), name });

export const listRunbooks = operation({
  method: "GET",
  path: "/api/runbooks",
  access: "read",
  summary: "Runbooks, those of the configured folder in the place of shipped ones of the same name",
  answer: z.object({
    runbooks: z.array(runbookSummary),
    /** What is wrong with the files. */
    faults: z.array(fault),
    /** Where the user's own are read from. */
    folder: z.string().nullable(),
  }),
});

export const getRunbook = operation({
  method: "GET",
  path: "/api/runbooks/:name",
  access: "read",
  summary: "A runbook; each parameter of the query is a label that is filled in",
  params: z.object({ name }),
  query: z
    .object({})
    .catchall(text(0, 2000))
    .refine((given) => Object.keys(given).length <= 50, "are at most 50"),
  answer: runbook,
});

export const listIncidentRunbooks = operation({
  method: "GET",
  path: "/api/incidents/:id/runbooks",
  access: "read",
  summary: "The runbooks that an incident's alerts lead to, with how far each has got",
  params: z.object({ id: z.string().max(40) }),
  answer: z.object({
    runbooks: z.array(runbookSummary.extend({ done: z.number().int() })),
  }),
});

export const getIncidentRunbook = operation({
  method: "GET",
  path: "/api/incidents/:id/runbooks/:name",
  access: "read",
  summary: "A runbook with an incident's labels filled in, and what has been done",
  params: ofIncident,
  answer: runbook,
});

export const tickRunbookStep = operation({
  method: "PUT",
  path: "/api/incidents/:id/runbooks/:name/steps/:step",
  access: "write",
  summary: "Tick a step off, or take that back; it stands in the incident's timeline",
  params: ofIncident.extend({ step: z.string().regex(/^[\da-f]{16}(?:-\d{1,4})?$/) }),
  body: z.object({ done: z.boolean() }),
  answer: runbook,
});
