import { z } from "zod";
import { operation } from "./operation.ts";
import { instant } from "./values.ts";

const seconds = z.number().nullable();

/** Times are means in seconds; null where there is nothing to make one of. */
export const figures = z.object({
  incidents: z.number().int(),
  /** From the beginning of the fault to its incident, from there to the first answer, and to its end. */
  mttdSeconds: seconds,
  mttaSeconds: seconds,
  mttrSeconds: seconds,
  /** Those that had been there before within 30 days: same service, same title. */
  repeats: z.number().int(),
});
export type IncidentFigures = z.infer<typeof figures>;

export const incidentFigures = z.object({
  from: instant,
  to: instant,
  all: figures,
  bySeverity: z.array(figures.extend({ severity: z.string() })),
  byService: z.array(figures.extend({ service: z.string().nullable() })),
  /** `2026-03`, in UTC. */
  byMonth: z.array(figures.extend({ month: z.string() })),
  /** Of post-mortems that are due within 48 hours, and of their actions. */
  followUp: z.object({
    due: z.number().int(),
    inTime: z.number().int(),
    actions: z.number().int(),
    actionsDone: z.number().int(),
  }),
});
export type IncidentFigureReport = z.infer<typeof incidentFigures>;

export const getIncidentFigures = operation({
  method: "GET",
  path: "/api/incident-figures",
  access: "read",
  summary:
    "How incidents went: times to detect, answer and resolve, by severity, service and month",
  query: z.object({
    /** Without it: of the last 90 days until now. */
    days: z.coerce.number().int().min(1).max(1830).default(90),
  }),
  answer: incidentFigures,
});
