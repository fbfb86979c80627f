import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { DutyOverride, ScheduleLayer } from "../../model/index.ts";
import type { Db, Tx } from "./records.ts";
import { storableJson, storableText } from "./storable-text.ts";
import type { ScheduleTables } from "./tables/schedules.ts";

/** An on-call schedule without its overrides. */
export interface ScheduleRecord {
  readonly id: string;
  readonly name: string;
  readonly timeZone: string;
  readonly layers: readonly ScheduleLayer[];
  readonly version: number;
  readonly updatedAt: Date;
}

/** An override with who made it. */
export interface OverrideRecord extends DutyOverride {
  readonly createdBy: string;
}

const toSchedule = (row: Selectable<ScheduleTables["schedules"]>): ScheduleRecord => ({
  id: row.id,
  name: row.name,
  timeZone: row.time_zone,
  layers: row.layers as ScheduleLayer[],
  version: row.version,
  updatedAt: row.updated_at,
});

/** Every schedule, by name. */
export async function listSchedules(db: Db): Promise<readonly ScheduleRecord[]> {
  const rows = await db
    .selectFrom("schedules")
    .selectAll()
    .orderBy(sql`lower(name)`)
    .execute();
  return rows.map(toSchedule);
}

/** The schedule with this id. */
export async function findSchedule(db: Db, id: string): Promise<ScheduleRecord | undefined> {
  const row = await db.selectFrom("schedules").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toSchedule(row);
}

/**
 * Writes a schedule that is new (version 1) or replaces the version before its own. Answers false, and
 * writes nothing, when that is not what is stored, or when the name is another one's.
 */
export async function saveSchedule(tx: Tx, schedule: ScheduleRecord): Promise<boolean> {
  const row = {
    name: storableText(schedule.name),
    time_zone: schedule.timeZone,
    layers: storableJson(schedule.layers),
    version: schedule.version,
    updated_at: schedule.updatedAt,
  };
  if (schedule.version === 1) {
    const added = await tx
      .insertInto("schedules")
      .values({ id: schedule.id, created_at: schedule.updatedAt, ...row })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return added.numInsertedOrUpdatedRows === 1n;
  }
  const replaced = await tx
    .updateTable("schedules")
    .set(row)
    .where("id", "=", schedule.id)
    .where("version", "=", schedule.version - 1)
    .executeTakeFirst();
  return replaced.numUpdatedRows === 1n;
}

/** The schedule with this name, whatever its case. */
export async function findScheduleByName(
  db: Db,
  name: string,
): Promise<ScheduleRecord | undefined> {
  const row = await db
    .selectFrom("schedules")
    .selectAll()
    .where(sql`lower(name)`, "=", storableText(name).toLowerCase())
    .executeTakeFirst();
  return row === undefined ? undefined : toSchedule(row);
}

/** Removes a schedule with its overrides and calendar links; answers whether it was there. */
export async function deleteSchedule(tx: Tx, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("schedules")
    .where("id", "=", id)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** The overrides of schedules that touch a time, by schedule, in the order in which they were made. */
export async function overridesBetween(
  db: Db,
  scheduleIds: readonly string[],
  from: number,
  to: number,
): Promise<ReadonlyMap<string, readonly OverrideRecord[]>> {
  const rows = await db
    .selectFrom("schedule_overrides")
    .selectAll()
    .where(sql<boolean>`schedule_id = any(${[...scheduleIds]}::uuid[])`)
    .where("starts_at", "<", new Date(to))
    .where("ends_at", ">", new Date(from))
    .orderBy("place")
    .execute();
  const bySchedule = new Map<string, OverrideRecord[]>();
  for (const row of rows) {
    const override = {
      id: row.id,
      personId: row.user_id,
      from: row.starts_at.getTime(),
      to: row.ends_at.getTime(),
      createdBy: row.created_by,
    };
    const known = bySchedule.get(row.schedule_id);
    if (known === undefined) bySchedule.set(row.schedule_id, [override]);
    else known.push(override);
  }
  return bySchedule;
}

/** Adds overrides in the given order. */
export async function addOverrides(
  tx: Tx,
  scheduleId: string,
  overrides: readonly OverrideRecord[],
): Promise<void> {
  await tx
    .insertInto("schedule_overrides")
    .values(
      overrides.map((override) => ({
        id: override.id,
        schedule_id: scheduleId,
        user_id: override.personId,
        starts_at: new Date(override.from),
        ends_at: new Date(override.to),
        created_by: override.createdBy,
      })),
    )
    .execute();
}

/** Removes an override of a schedule; answers whether it was there. */
export async function deleteOverride(tx: Tx, scheduleId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("schedule_overrides")
    .where("schedule_id", "=", scheduleId)
    .where("id", "=", id)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** What a calendar's link is for. */
export interface CalendarLink {
  readonly scheduleId: string;
  readonly personId: string | null;
}

/** Adds a link to a calendar; only the hash of its secret is kept. */
export async function addCalendarLink(
  tx: Tx,
  link: CalendarLink & { readonly secretHash: Buffer; readonly at: Date },
): Promise<void> {
  await tx
    .insertInto("calendar_links")
    .values({
      secret_hash: link.secretHash,
      schedule_id: link.scheduleId,
      user_id: link.personId,
      created_at: link.at,
    })
    .execute();
}

/** What the link with this secret is for. */
export async function findCalendarLink(
  db: Db,
  secretHash: Buffer,
): Promise<CalendarLink | undefined> {
  const row = await db
    .selectFrom("calendar_links")
    .selectAll()
    .where("secret_hash", "=", secretHash)
    .executeTakeFirst();
  return row === undefined ? undefined : { scheduleId: row.schedule_id, personId: row.user_id };
}

/** Forgets all links to a schedule's calendars; answers how many there were. */
export async function deleteCalendarLinks(tx: Tx, scheduleId: string): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom("calendar_links")
    .where("schedule_id", "=", scheduleId)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
