import { randomUUID } from "node:crypto";
import type { Announce, Clock, Duty } from "../../model/index.ts";
import {
  addHandoverNote,
  incidentsOfShift,
  interruptionsBetween,
  listHandoverNotes,
  listSchedules,
  listUsers,
  overridesBetween,
  writeAudit,
} from "../../store/index.ts";
import type {
  HandoverNote,
  Records,
  ScheduleRecord,
  ShiftIncident,
  UserRecord,
} from "../../store/index.ts";
import { askedSchedule, checkSpan } from "./asked.ts";
import { byPerson, dutiesOf } from "./duties.ts";
import { loadByPerson } from "./load.ts";
import type { PersonLoad } from "./load.ts";

const DAY = 86_400_000;
/** How far back the shift before is looked for, days. */
const BACK = 35;
/** What a hand-over shows at most. */
const MOST = { notes: 50, incidents: 100 } as const;

/** Somebody's time on duty, up to now or to the end. */
export interface Shift {
  readonly person: UserRecord;
  readonly from: number;
  readonly to: number;
}

/** What whoever comes on duty should know. */
export interface Handover {
  readonly present: Shift | undefined;
  readonly previous: Shift | undefined;
  /** Notes and incidents are since then: the beginning of the shift before, as far as there was one. */
  readonly since: number;
  readonly incidents: readonly ShiftIncident[];
  readonly notes: readonly HandoverNote[];
}

/** Shifts as people live them: how one is handed over, and what they cost. */
export interface Shifts {
  /** Throws `schedule_not_found`. */
  handover(scheduleId: string): Promise<Handover>;
  /** Throws `schedule_not_found`. */
  leaveNote(actor: string, scheduleId: string, text: string): Promise<HandoverNote>;
  /** The load by person between two instants. Throws `duties_span_invalid`. */
  load(
    from: number,
    to: number,
  ): Promise<readonly (Omit<PersonLoad, "personId"> & { readonly person: UserRecord })[]>;
}

/** Makes the service of shifts. */
export function createShifts(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly announce: Announce;
}): Shifts {
  const { records, clock } = deps;

  const peopleById = async () =>
    new Map((await listUsers(records.db)).map((user) => [user.id, user]));

  return {
    async handover(scheduleId) {
      const { db } = records;
      const { layers } = await askedSchedule(db, scheduleId);
      const at = clock.now();
      const span = [at - BACK * DAY, at + BACK * DAY] as const;
      const overrides = (await overridesBetween(db, [scheduleId], ...span)).get(scheduleId) ?? [];
      const duties = byPerson(dutiesOf(layers, overrides, ...span));
      const present = duties.find(({ from, to }) => from <= at && at < to);
      const previous = duties.findLast(
        ({ to, personId }) => to <= (present?.from ?? at) && personId !== present?.personId,
      );
      const people = await peopleById();
      const shift = (duty: Duty | undefined): Shift | undefined => {
        const person = people.get(duty?.personId ?? "");
        return duty === undefined || person === undefined
          ? undefined
          : { person, from: duty.from, to: duty.to };
      };
      const since = previous?.from ?? present?.from ?? at - 7 * DAY;
      return {
        present: shift(present),
        previous: shift(previous),
        since,
        incidents: await incidentsOfShift(db, new Date(since), new Date(at + 1), MOST.incidents),
        notes: await listHandoverNotes(db, scheduleId, new Date(since), MOST.notes),
      };
    },

    leaveNote: (actor, scheduleId, text) =>
      records.transaction(async (tx) => {
        await askedSchedule(tx, scheduleId);
        const at = clock.now();
        const note = { id: randomUUID(), at: new Date(at), author: actor, text };
        await addHandoverNote(tx, scheduleId, note);
        await writeAudit(tx, {
          at,
          actor,
          action: "schedule.leave-note",
          subject: scheduleId,
          detail: { note: note.id },
        });
        records.afterCommit(tx, () => deps.announce({ topic: "on-call", id: scheduleId }));
        return note;
      }),

    async load(from, to) {
      checkSpan(from, to);
      const { db } = records;
      const schedules = await listSchedules(db);
      const ids = schedules.map(({ id }) => id);
      const overrides = await overridesBetween(db, ids, from, to);
      // Nobody has been on duty in the future yet.
      const end = Math.min(to, clock.now());
      const duties =
        end <= from
          ? []
          : schedules.flatMap(({ id, layers }) =>
              dutiesOf(layers, overrides.get(id) ?? [], from, end),
            );
      const interruptions = await interruptionsBetween(db, new Date(from), new Date(to));
      const people = await peopleById();
      const loads = loadByPerson(duties, interruptions, (id) => zoneOf(schedules, id));
      return loads.flatMap(({ personId, ...load }) => {
        const person = people.get(personId);
        return person === undefined ? [] : [{ ...load, person }];
      });
    },
  };
}

/** The zone of the first layer in which somebody takes turns: where they most likely sleep. */
function zoneOf(schedules: readonly ScheduleRecord[], personId: string): string {
  for (const { layers } of schedules)
    for (const { people, timeZone } of layers) if (people.includes(personId)) return timeZone;
  return schedules[0]?.timeZone ?? "UTC";
}
