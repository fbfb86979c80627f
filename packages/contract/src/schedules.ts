import { z } from "zod";
import { operation } from "./operation.ts";
import { instant, text, timeOfDay } from "./values.ts";

const MAX_LAYERS = 20;
const MAX_PEOPLE = 50;
const MAX_WINDOWS = 50;
/** How far apart the ends of one question about duties may be. */
export const MAX_DUTY_DAYS = 400;

const id = z.uuid();
/** `YYYY-MM-DDTHH:MM`, local. */
const localTime = z.iso
  .datetime({ local: true, precision: -1, error: "must be a local time such as 2026-01-05T09:00" })
  .refine((time) => !time.endsWith("Z"), "must be a local time, without Z");
/** An IANA name; whether it exists is for the server to say. */
const timeZone = text(1, 100);

/** When a layer is on duty; local times, an end at or before the beginning is on the next day. */
export const dutyWindow = z.object({
  /** The days on which it begins, 1 is Monday. */
  days: z
    .array(z.number().int().min(1).max(7))
    .min(1)
    .max(7)
    .refine((days) => new Set(days).size === days.length, "must name each day once"),
  from: timeOfDay,
  to: timeOfDay,
});
export type DutyWindow = z.infer<typeof dutyWindow>;

/** People who take turns. */
export const scheduleLayer = z.object({
  name: text(1, 100),
  timeZone,
  /** Ids of people, in the order of their turns. */
  people: z.array(id).min(1).max(MAX_PEOPLE),
  /** When the first turn begins; each later one begins at the same time of day. */
  startsAt: localTime,
  endsAt: localTime.nullable().default(null),
  turn: z.object({
    unit: z.enum(["day", "week"]),
    length: z.number().int().min(1).max(52),
  }),
  /** Empty for all the time. */
  windows: z.array(dutyWindow).max(MAX_WINDOWS).default([]),
});
export type ScheduleLayer = z.infer<typeof scheduleLayer>;

/** What a person makes of a schedule. */
export const scheduleDraft = z.object({
  name: text(1, 100),
  timeZone,
  /** A later layer takes precedence over an earlier one while both are on duty. */
  layers: z.array(scheduleLayer).min(1).max(MAX_LAYERS),
});
export type ScheduleDraft = z.infer<typeof scheduleDraft>;

/** A person as on-call screens show them. */
export const person = z.object({ id: z.string(), name: z.string(), email: z.string() });

/** Somebody's time on duty. */
export const duty = z.object({
  personId: z.string(),
  from: instant,
  to: instant,
  /** The layer's place, or null for an override. */
  layer: z.number().int().nullable(),
  /** The override's id, or null for a layer. */
  override: z.string().nullable(),
});
export type Duty = z.infer<typeof duty>;

export const schedule = scheduleDraft.extend({
  id: z.string(),
  /** Counts changes: a change must name the version that it was made on. */
  version: z.number().int(),
  updatedAt: instant,
});
export type Schedule = z.infer<typeof schedule>;

/** Who is on call by a schedule at this moment, and who will be next. */
export const onCallNow = z.object({
  schedule: z.object({ id: z.string(), name: z.string(), timeZone: z.string() }),
  /** Null when nobody is. */
  now: z.object({ person, since: instant, until: instant.nullable() }).nullable(),
  /** The next one who is somebody else, within five weeks. */
  next: z.object({ person, from: instant }).nullable(),
});
export type OnCallNow = z.infer<typeof onCallNow>;

const span = {
  from: instant,
  to: instant,
};
const byId = z.object({ id });

export const getOnCall = operation({
  method: "GET",
  path: "/api/on-call",
  access: "read",
  summary: "Who is on call now, by schedule, and who is next",
  answer: z.object({ schedules: z.array(onCallNow) }),
});

export const listSchedules = operation({
  method: "GET",
  path: "/api/schedules",
  access: "read",
  summary: "The on-call schedules",
  answer: z.object({ schedules: z.array(schedule) }),
});

export const createSchedule = operation({
  method: "POST",
  path: "/api/schedules",
  access: "write",
  summary: "Make an on-call schedule",
  body: scheduleDraft,
  answer: schedule,
  status: 201,
});

export const replaceSchedule = operation({
  method: "PUT",
  path: "/api/schedules/:id",
  access: "write",
  summary: "Change a schedule; refused when somebody else has changed it since `version`",
  params: byId,
  body: scheduleDraft.extend({ version: z.number().int().min(1) }),
  answer: schedule,
});

export const deleteSchedule = operation({
  method: "DELETE",
  path: "/api/schedules/:id",
  access: "write",
  summary: "Remove a schedule with its overrides and calendar links",
  params: byId,
  answer: z.object({}),
});

const duties = z.object({
  /** Who is on duty in the end; times without anybody are left out. */
  duties: z.array(duty),
  /** What each layer says by itself, in their order. */
  layers: z.array(z.array(duty)),
  overrides: z.array(
    z.object({ id: z.string(), personId: z.string(), ...span, createdBy: z.string() }),
  ),
});

export const getDuties = operation({
  method: "GET",
  path: "/api/schedules/:id/duties",
  access: "read",
  summary: `Who is on duty between two instants, at most ${MAX_DUTY_DAYS} days apart`,
  params: byId,
  query: z.object(span),
  answer: duties,
});

export const previewSchedule = operation({
  method: "POST",
  path: "/api/schedules/preview",
  access: "read",
  summary: "Who would be on duty by a schedule that is not saved",
  body: z.object({ schedule: scheduleDraft, ...span }),
  answer: duties.pick({ duties: true, layers: true }),
});

const override = z.object({ personId: id, ...span });

export const addOverrides = operation({
  method: "POST",
  path: "/api/schedules/:id/overrides",
  access: "write",
  summary: "Take a duty over, or swap duties: all overrides are made or none",
  params: byId,
  body: z.object({ overrides: z.array(override).min(1).max(20) }),
  answer: z.object({ ids: z.array(z.string()) }),
  status: 201,
});

export const deleteOverride = operation({
  method: "DELETE",
  path: "/api/schedules/:id/overrides/:override",
  access: "write",
  summary: "Remove an override",
  params: byId.extend({ override: id }),
  answer: z.object({}),
});

export const createCalendarLink = operation({
  method: "POST",
  path: "/api/schedules/:id/calendar-links",
  access: "read",
  summary: "Make a secret address of the schedule as iCalendar; it is shown this once",
  params: byId,
  /** Only this person's duties; null for everybody's. */
  body: z.object({ personId: id.nullable().default(null) }),
  answer: z.object({ url: z.string() }),
  status: 201,
});

export const revokeCalendarLinks = operation({
  method: "DELETE",
  path: "/api/schedules/:id/calendar-links",
  access: "write",
  summary: "End all secret addresses of the schedule's calendar",
  params: byId,
  answer: z.object({ ended: z.number().int() }),
});
