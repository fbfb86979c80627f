import { sql } from "kysely";
import type { IncidentSeverity } from "../../model/index.ts";
import type { Db, Tx } from "./records.ts";
import { storableText } from "./storable-text.ts";

/** What somebody on call leaves to whoever is next. */
export interface HandoverNote {
  readonly id: string;
  readonly at: Date;
  readonly author: string;
  readonly text: string;
}

/** The notes of a schedule since an instant, the newest first. */
export async function listHandoverNotes(
  db: Db,
  scheduleId: string,
  since: Date,
  limit: number,
): Promise<readonly HandoverNote[]> {
  return db
    .selectFrom("handover_notes")
    .select(["id", "at", "author", "text"])
    .where("schedule_id", "=", scheduleId)
    .where("at", ">=", since)
    .orderBy("at", "desc")
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** Adds a note to a schedule. */
export async function addHandoverNote(
  tx: Tx,
  scheduleId: string,
  note: HandoverNote,
): Promise<void> {
  await tx
    .insertInto("handover_notes")
    .values({ ...note, text: storableText(note.text), schedule_id: scheduleId })
    .execute();
}

/** An incident of a shift. */
export interface ShiftIncident {
  readonly number: number;
  readonly title: string;
  readonly severity: IncidentSeverity;
  readonly state: string;
  readonly openedAt: Date;
  readonly resolvedAt: Date | null;
}

/** The incidents that were open at some time between two instants, the newest first. */
export async function incidentsOfShift(
  db: Db,
  from: Date,
  to: Date,
  limit: number,
): Promise<readonly ShiftIncident[]> {
  const rows = await db
    .selectFrom("incidents")
    .select(["number", "title", "severity", "state", "opened_at", "resolved_at"])
    .where("opened_at", "<", to)
    .where((where) => where.or([where("resolved_at", "is", null), where("resolved_at", ">", from)]))
    .orderBy("number", "desc")
    .limit(limit)
    .execute();
  return rows.map(({ opened_at, resolved_at, ...row }) => ({
    ...row,
    openedAt: opened_at,
    resolvedAt: resolved_at,
  }));
}

/** A step of an escalation that reached a person: however many ways it took, it is one interruption. */
export interface Interruption {
  readonly personId: string;
  readonly incidentId: string;
  /** When the first page of the step was sent. */
  readonly at: Date;
  /** When that person answered for the incident after it; null when they did not. */
  readonly answeredAt: Date | null;
}

/** Who was interrupted between two instants, in order of time. */
export async function interruptionsBetween(
  db: Db,
  from: Date,
  to: Date,
): Promise<readonly Interruption[]> {
  const { rows } = await sql<{
    user_id: string;
    incident_id: string;
    at: Date;
    answered_at: Date | null;
  }>`
    select p.user_id, p.incident_id, min(p.sent_at) as at,
      case when i.acknowledged_by = u.email and i.acknowledged_at >= min(p.sent_at)
        then i.acknowledged_at end as answered_at
    from person_pages p
    join incidents i on i.id = p.incident_id
    join users u on u.id = p.user_id
    where p.state = 'sent' and p.created_at >= ${from} and p.created_at < ${to}
    group by p.user_id, p.incident_id, p.run, p.round, p.step, i.acknowledged_by, i.acknowledged_at, u.email
    order by at`.execute(db);
  return rows.map((row) => ({
    personId: row.user_id,
    incidentId: row.incident_id,
    at: row.at,
    answeredAt: row.answered_at,
  }));
}
