import { sql } from "kysely";
import type { Db, Tx } from "./records.ts";

/** An incident whose post-mortem somebody is to be reminded of. */
export interface ReminderRecord {
  readonly id: string;
  readonly incidentId: string;
  /** Since the incident ended. */
  readonly hours: number;
  readonly personId: string | null;
  readonly attempts: number;
}

/**
 * Writes down that these hours after their end people are to be reminded of incidents without a complete
 * post-mortem; each once, over all servers. Answers the new ones.
 */
export async function makeReminders(
  tx: Tx,
  asked: {
    readonly now: Date;
    readonly hours: number;
    /** Incidents that ended before are let be: the platform was away, or has just been set up. */
    readonly endedAfter: Date;
    readonly severities: readonly string[];
  },
): Promise<readonly ReminderRecord[]> {
  const ended = new Date(asked.now.getTime() - asked.hours * 3_600_000);
  const { rows } = await sql<{ id: string; incident_id: string; person_id: string | null }>`
    insert into post_mortem_reminders (id, incident_id, hours, person_id, made_at)
    select gen_random_uuid(), i.id, ${asked.hours}, (
      select u.id from users u where u.email = coalesce(p.updated_by, i.acknowledged_by, i.resolved_by)
      limit 1), ${asked.now}
    from incidents i left join post_mortems p on p.incident_id = i.id
    where i.resolved_at <= ${ended} and i.resolved_at > ${asked.endedAfter}
      and i.severity = any(${[...asked.severities]}::text[]) and p.completed_at is null
    on conflict (incident_id, hours) do nothing
    returning id, incident_id, person_id`.execute(tx);
  return rows.map((row) => ({
    id: row.id,
    incidentId: row.incident_id,
    hours: asked.hours,
    personId: row.person_id,
    attempts: 0,
  }));
}

/** Takes reminders in hand that nobody else has. */
export async function claimReminders(
  db: Db,
  now: Date,
  until: Date,
  limit: number,
): Promise<readonly ReminderRecord[]> {
  const { rows } = await sql<{
    id: string;
    incident_id: string;
    hours: number;
    person_id: string | null;
    attempts: number;
  }>`
    update post_mortem_reminders set claimed_until = ${until}, attempts = attempts + 1
    where id in (
      select id from post_mortem_reminders
      where settled_at is null and (claimed_until is null or claimed_until <= ${now})
      order by made_at limit ${limit} for update skip locked)
    returning id, incident_id, hours, person_id, attempts`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    incidentId: row.incident_id,
    hours: row.hours,
    personId: row.person_id,
    attempts: row.attempts,
  }));
}

/** Is done with a reminder, or lets it wait until `again`. */
export async function settleReminder(
  db: Db,
  id: string,
  outcome: { readonly settledAt: Date } | { readonly again: Date },
): Promise<void> {
  await db
    .updateTable("post_mortem_reminders")
    .set("again" in outcome ? { claimed_until: outcome.again } : { settled_at: outcome.settledAt })
    .where("id", "=", id)
    .execute();
}
