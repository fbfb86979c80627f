import { z } from "zod";
import { incidentSeverity } from "./incidents.ts";
import { operation } from "./operation.ts";
import { MAX_DUTY_DAYS, person } from "./schedules.ts";
import { instant, text } from "./values.ts";

const byId = z.object({ id: z.uuid() });

export const handoverNote = z.object({
  id: z.string(),
  at: instant,
  author: z.string(),
  text: z.string(),
});
export type HandoverNote = z.infer<typeof handoverNote>;

const shift = z.object({ person, from: instant, to: instant });

/** What whoever comes on duty should know. */
export const handover = z.object({
  /** Null when nobody is on duty. */
  present: shift.nullable(),
  /** The shift of somebody else before it. */
  previous: shift.nullable(),
  /** Incidents and notes are since then. */
  since: instant,
  incidents: z.array(
    z.object({
      number: z.number().int(),
      title: z.string(),
      severity: incidentSeverity,
      state: z.string(),
      openedAt: instant,
      resolvedAt: instant.nullable(),
    }),
  ),
  notes: z.array(handoverNote),
});
export type Handover = z.infer<typeof handover>;

export const getHandover = operation({
  method: "GET",
  path: "/api/schedules/:id/handover",
  access: "read",
  summary: "The notes and incidents since the shift before",
  params: byId,
  answer: handover,
});

export const leaveHandoverNote = operation({
  method: "POST",
  path: "/api/schedules/:id/handover-notes",
  access: "write",
  summary: "Leave a note to whoever is on call next",
  params: byId,
  body: z.object({ text: text(1, 10_000) }),
  answer: handoverNote,
  status: 201,
});

/** What being on call cost a person. */
export const personLoad = z.object({
  person,
  /** The zone in which their nights are counted. */
  timeZone: z.string(),
  onDutySeconds: z.number(),
  /** Steps of escalations that reached them, by however many ways. */
  interruptions: z.number().int(),
  /** Nights (22:00 to 07:00) with an interruption. */
  nights: z.number().int(),
  /** Days of weekends with an interruption outside of the night. */
  weekendDays: z.number().int(),
  incidents: z.number().int(),
  answered: z.number().int(),
  medianAnswerSeconds: z.number().nullable(),
});
export type PersonLoad = z.infer<typeof personLoad>;

export const getOnCallLoad = operation({
  method: "GET",
  path: "/api/on-call/load",
  access: "read",
  summary: `What being on call cost whom, over at most ${MAX_DUTY_DAYS} days`,
  query: z.object({ from: instant, to: instant }),
  answer: z.object({ people: z.array(personLoad) }),
});
