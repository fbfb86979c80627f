import type { Selectable } from "kysely";
import type { TimelineDetail, TimelineKind } from "../../model/index.ts";
import type { Db, Tx } from "./records.ts";
import { storableJson, storableText } from "./storable-text.ts";
import type { IncidentTables } from "./tables/incidents.ts";

/** Rows in one insert: PostgreSQL takes at most 65,535 parameters in a statement. */
const CHUNK = 1000;

/** One line of an incident's history. */
export interface TimelineRecord {
  readonly id: string;
  readonly incidentId: string;
  readonly at: Date;
  readonly kind: TimelineKind;
  readonly actor: string;
  readonly text: string;
  readonly detail?: TimelineDetail | null;
}

const toEntry = (row: Selectable<IncidentTables["incident_timeline"]>): TimelineRecord => ({
  id: row.id,
  incidentId: row.incident_id,
  at: row.at,
  kind: row.kind,
  actor: row.actor,
  text: row.text,
  detail: row.detail as TimelineDetail | null,
});

/** Appends to incidents' timelines, in the given order; answers the entries' ids in it. */
export async function addTimeline(
  tx: Tx,
  entries: readonly Omit<TimelineRecord, "id">[],
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let start = 0; start < entries.length; start += CHUNK) {
    const rows = await tx
      .insertInto("incident_timeline")
      .values(
        entries.slice(start, start + CHUNK).map((entry) => ({
          incident_id: entry.incidentId,
          at: entry.at,
          kind: entry.kind,
          actor: entry.actor,
          text: storableText(entry.text),
          detail:
            entry.detail === undefined || entry.detail === null ? null : storableJson(entry.detail),
        })),
      )
      .returning("id")
      .execute();
    ids.push(...rows.map(({ id }) => id));
  }
  return ids;
}

/** One entry of an incident's timeline. */
export async function findTimelineEntry(
  db: Db,
  incidentId: string,
  entryId: string,
): Promise<TimelineRecord | undefined> {
  const row = await db
    .selectFrom("incident_timeline")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .where("id", "=", entryId)
    .executeTakeFirst();
  return row === undefined ? undefined : toEntry(row);
}

/** Takes an entry off its timeline, with the pictures below it. */
export async function removeTimelineEntry(tx: Tx, entryId: string): Promise<void> {
  await tx.deleteFrom("incident_timeline").where("id", "=", entryId).execute();
}

/** An incident's history, oldest first. */
export async function timelineOfIncident(
  db: Db,
  incidentId: string,
): Promise<readonly TimelineRecord[]> {
  const rows = await db
    .selectFrom("incident_timeline")
    .selectAll()
    .where("incident_id", "=", incidentId)
    // What is learnt of later (a deploy, another incident's history) stands where it happened.
    .orderBy("at")
    .orderBy("id")
    .execute();
  return rows.map(toEntry);
}
