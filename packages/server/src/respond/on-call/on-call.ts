import { randomUUID } from "node:crypto";
import { hashSecret, newSecret } from "../../model/index.ts";
import type { Announce, Clock, Duty, ScheduleLayer } from "../../model/index.ts";
import {
  addCalendarLink,
  addOverrides,
  deleteCalendarLinks,
  deleteOverride,
  deleteSchedule,
  findCalendarLink,
  findScheduleByName,
  listSchedules,
  listUsers,
  overridesBetween,
  saveSchedule,
  writeAudit,
} from "../../store/index.ts";
import type {
  Db,
  OverrideRecord,
  Records,
  ScheduleRecord,
  Tx,
  UserRecord,
} from "../../store/index.ts";
import { askedSchedule, checkSpan, noSchedule } from "./asked.ts";
import { calendarOf } from "./calendar.ts";
import { byPerson, dutiesByLayer, dutiesOf } from "./duties.ts";
import { OnCallError } from "./errors.ts";
import { isTimeZone } from "../../model/index.ts";

const DAY = 86_400_000;

/** How far one looks at once: days. */
const LIMITS = {
  /** Ahead, for who is next. */
  next: 35,
  /** Back and ahead, in a calendar. */
  calendarBack: 30,
  calendarAhead: 180,
} as const;

/** What a person makes of a schedule; its form has been checked. */
export interface ScheduleDraft {
  readonly name: string;
  readonly timeZone: string;
  readonly layers: readonly ScheduleLayer[];
}

/** A person as schedules show them. */
type Person = Pick<UserRecord, "id" | "name" | "email">;

/** Who is on call by a schedule. Milliseconds since 1970. */
export interface OnCallNow {
  readonly schedule: ScheduleRecord;
  readonly now:
    | { readonly person: Person; readonly since: number; readonly until: number | null }
    | undefined;
  readonly next: { readonly person: Person; readonly from: number } | undefined;
}

export interface Duties {
  readonly duties: readonly Duty[];
  /** What each layer says by itself. */
  readonly layers: readonly (readonly Duty[])[];
}

/** On-call schedules: who is on duty when. Every change is audited in its transaction. */
export interface OnCall {
  list(): Promise<readonly ScheduleRecord[]>;
  /** Throws `schedule_invalid`, `schedule_name_taken`. */
  create(actor: string, draft: ScheduleDraft): Promise<ScheduleRecord>;
  /** Throws `schedule_changed` too, when `version` is not the one that is stored. */
  replace(
    actor: string,
    id: string,
    version: number,
    draft: ScheduleDraft,
  ): Promise<ScheduleRecord>;
  remove(actor: string, id: string): Promise<void>;
  /** Throws `duties_span_invalid` when the end is not after the beginning, or too far from it. */
  duties(
    id: string,
    from: number,
    to: number,
  ): Promise<Duties & { readonly overrides: readonly OverrideRecord[] }>;
  preview(draft: ScheduleDraft, from: number, to: number): Promise<Duties>;
  /** Makes all or none; answers their ids. A swap is two overrides. */
  override(
    actor: string,
    id: string,
    given: readonly { readonly personId: string; readonly from: number; readonly to: number }[],
  ): Promise<readonly string[]>;
  removeOverride(actor: string, id: string, override: string): Promise<void>;
  /** Who is on call now, by each schedule. */
  now(): Promise<readonly OnCallNow[]>;
  /** The secret of a new link to the calendar of a schedule, or of one person's duties in it. */
  linkCalendar(actor: string, id: string, personId: string | null): Promise<string>;
  unlinkCalendars(actor: string, id: string): Promise<number>;
  /** The calendar behind a link's secret, as iCalendar. Throws `calendar_not_found`. */
  calendar(secret: string): Promise<string>;
}

/** Makes the service of on-call schedules. */
export function createOnCall(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly announce: Announce;
}): OnCall {
  const { records, clock } = deps;

  /** What the form of a draft does not show: zones, people, and layers that end before they begin. */
  async function check(db: Db, draft: ScheduleDraft): Promise<void> {
    const people = new Set((await listUsers(db)).map(({ id }) => id));
    const faults: string[] = [];
    if (!isTimeZone(draft.timeZone)) faults.push(`timeZone: ${unknownZone(draft.timeZone)}`);
    for (const [index, layer] of draft.layers.entries()) {
      const where = `layers[${index}]`;
      if (!isTimeZone(layer.timeZone)) {
        faults.push(`${where}.timeZone: ${unknownZone(layer.timeZone)}`);
      }
      if (layer.endsAt !== null && layer.endsAt <= layer.startsAt) {
        faults.push(`${where}.endsAt: the layer ends before it begins`);
      }
      for (const [place, id] of layer.people.entries()) {
        if (!people.has(id)) faults.push(`${where}.people[${place}]: there is no person ${id}`);
      }
    }
    if (faults.length > 0) throw new OnCallError("schedule_invalid", `${faults.join("; ")}.`);
  }

  async function taken(tx: Tx, { name }: ScheduleDraft, id: string): Promise<boolean> {
    const named = await findScheduleByName(tx, name);
    return named !== undefined && named.id !== id;
  }

  const nameTaken = ({ name }: ScheduleDraft) =>
    new OnCallError("schedule_name_taken", `There is a schedule "${name}" already.`);

  /** Runs one change: audited, and told to those who watch. */
  async function change<T>(
    actor: string,
    action: string,
    id: string,
    detail: Readonly<Record<string, unknown>>,
    run: (tx: Tx) => Promise<T>,
  ): Promise<T> {
    return records.transaction(async (tx) => {
      const result = await run(tx);
      await writeAudit(tx, { at: clock.now(), actor, action, subject: id, detail });
      records.afterCommit(tx, () => deps.announce({ topic: "on-call", id }));
      return result;
    });
  }

  return {
    list: () => listSchedules(records.db),

    async create(actor, draft) {
      await check(records.db, draft);
      const schedule = { ...draft, id: randomUUID(), version: 1, updatedAt: new Date(clock.now()) };
      const { name } = draft;
      await change(actor, "schedule.create", schedule.id, { name }, async (tx) => {
        if (!(await saveSchedule(tx, schedule))) throw nameTaken(draft);
      });
      return schedule;
    },

    async replace(actor, id, version, draft) {
      await check(records.db, draft);
      const schedule = { ...draft, id, version: version + 1, updatedAt: new Date(clock.now()) };
      const { name } = draft;
      await change(actor, "schedule.update", id, { name, version: version + 1 }, async (tx) => {
        if (await taken(tx, draft, id)) throw nameTaken(draft);
        if (await saveSchedule(tx, schedule)) return;
        const { version: stored } = await askedSchedule(tx, id);
        throw new OnCallError(
          "schedule_changed",
          `Somebody has changed the schedule meanwhile: it is at version ${stored}, your change was made on ${version}. Load it again and repeat your change.`,
        );
      });
      return schedule;
    },

    async remove(actor, id) {
      const { name } = await askedSchedule(records.db, id);
      await change(actor, "schedule.delete", id, { name }, async (tx) => {
        if (!(await deleteSchedule(tx, id))) throw noSchedule(id);
      });
    },

    async duties(id, from, to) {
      checkSpan(from, to);
      const schedule = await askedSchedule(records.db, id);
      const overrides = (await overridesBetween(records.db, [id], from, to)).get(id) ?? [];
      return {
        duties: dutiesOf(schedule.layers, overrides, from, to),
        layers: dutiesByLayer(schedule.layers, from, to),
        overrides,
      };
    },

    async preview(draft, from, to) {
      checkSpan(from, to);
      await check(records.db, draft);
      return {
        duties: dutiesOf(draft.layers, [], from, to),
        layers: dutiesByLayer(draft.layers, from, to),
      };
    },

    async override(actor, id, given) {
      const people = new Set((await listUsers(records.db)).map((user) => user.id));
      for (const { personId, from, to } of given) {
        checkSpan(from, to);
        if (!people.has(personId)) {
          throw new OnCallError("schedule_invalid", `There is no person ${personId}.`);
        }
      }
      const overrides = given.map((one) => ({ ...one, id: randomUUID(), createdBy: actor }));
      const detail = {
        overrides: given.map(({ personId, from, to }) => ({
          personId,
          from: new Date(from).toISOString(),
          to: new Date(to).toISOString(),
        })),
      };
      await change(actor, "schedule.override", id, detail, async (tx) => {
        await askedSchedule(tx, id);
        await addOverrides(tx, id, overrides);
      });
      return overrides.map((one) => one.id);
    },

    removeOverride: (actor, id, override) =>
      change(actor, "schedule.remove-override", id, { override }, async (tx) => {
        await askedSchedule(tx, id);
        if (await deleteOverride(tx, id, override)) return;
        throw new OnCallError("override_not_found", `The schedule has no override ${override}.`);
      }),

    async now() {
      const at = clock.now();
      const until = at + LIMITS.next * DAY;
      const schedules = await listSchedules(records.db);
      const ids = schedules.map(({ id }) => id);
      // Whose duty began when is asked as far back as who is next is ahead.
      const from = at - LIMITS.next * DAY;
      const overrides = await overridesBetween(records.db, ids, from, until);
      const people = new Map((await listUsers(records.db)).map((user) => [user.id, user]));
      return schedules.map((schedule): OnCallNow => {
        const duties = byPerson(
          dutiesOf(schedule.layers, overrides.get(schedule.id) ?? [], from, until),
        );
        const present = duties.find((duty) => duty.from <= at && at < duty.to);
        const later = duties.find((duty) => duty.from > at && duty.personId !== present?.personId);
        const who = people.get(present?.personId ?? "");
        const whoNext = people.get(later?.personId ?? "");
        return {
          schedule,
          now:
            present === undefined || who === undefined
              ? undefined
              : {
                  person: who,
                  since: present.from,
                  until: present.to >= until ? null : present.to,
                },
          next:
            later === undefined || whoNext === undefined
              ? undefined
              : { person: whoNext, from: later.from },
        };
      });
    },

    async linkCalendar(actor, id, personId) {
      const secret = newSecret();
      await change(actor, "schedule.link-calendar", id, { personId }, async (tx) => {
        await askedSchedule(tx, id);
        const people = await listUsers(tx);
        if (personId !== null && !people.some((user) => user.id === personId)) {
          throw new OnCallError("schedule_invalid", `There is no person ${personId}.`);
        }
        await addCalendarLink(tx, {
          secretHash: hashSecret(secret),
          scheduleId: id,
          personId,
          at: new Date(clock.now()),
        });
      });
      return secret;
    },

    unlinkCalendars: (actor, id) =>
      change(actor, "schedule.unlink-calendars", id, {}, async (tx) => {
        await askedSchedule(tx, id);
        return deleteCalendarLinks(tx, id);
      }),

    async calendar(secret) {
      const link = await findCalendarLink(records.db, hashSecret(secret));
      if (link === undefined) {
        throw new OnCallError(
          "calendar_not_found",
          "There is no such calendar: its address was mistyped, or has been ended.",
        );
      }
      const schedule = await askedSchedule(records.db, link.scheduleId);
      const from = clock.now() - LIMITS.calendarBack * DAY;
      const to = clock.now() + LIMITS.calendarAhead * DAY;
      const overrides = await overridesBetween(records.db, [schedule.id], from, to);
      const people = new Map((await listUsers(records.db)).map((user) => [user.id, user.name]));
      const duties = byPerson(
        dutiesOf(schedule.layers, overrides.get(schedule.id) ?? [], from, to),
      ).filter(({ personId }) => link.personId === null || personId === link.personId);
      return calendarOf(schedule, { duties, from }, (id) => people.get(id) ?? "Somebody");
    },
  };
}

const unknownZone = (name: string) =>
  `"${name}" is not a time zone; use an IANA name such as Europe/Berlin`;
