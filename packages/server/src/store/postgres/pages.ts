import { sql } from "kysely";
import type { Db } from "./records.ts";

/** A notification that said that alerts fire, and arrived. */
export interface PageRecord {
  readonly receiver: string;
  /** Fingerprints of the alerts that fired. */
  readonly fingerprints: readonly string[];
  /** Milliseconds since 1970. */
  readonly decidedAt: number;
  /** Whether a person acknowledged, commented on or closed an incident of theirs that was open then. */
  readonly handled: boolean;
}

/** What a person does to an incident; what the system does has the actor `system`. */
const HANDLING = ["acknowledged", "comment", "resolved"];

/** The pages since `since`, the newest first. */
export async function listPages(
  db: Db,
  since: number,
  limit: number,
): Promise<readonly PageRecord[]> {
  const { rows } = await sql<{
    receiver: string;
    fingerprints: string[];
    decided_at: Date;
    handled: boolean;
  }>`
    select n.receiver, n.fingerprints, n.decided_at, exists (
      select from incident_alerts a join incidents i on i.id = a.incident_id
      where a.fingerprint = any(n.fingerprints)
        and i.opened_at <= n.decided_at + interval '1 minute'
        and (i.resolved_at is null or i.resolved_at >= n.decided_at)
        and exists (
          select from incident_timeline t
          where t.incident_id = i.id and t.kind = any(${HANDLING}) and t.actor <> 'system')
    ) as handled
    from notifications n
    where n.decided_at >= ${new Date(since)} and n.status = 'firing' and n.state = 'sent'
      and cardinality(n.fingerprints) > 0
    order by n.decided_at desc limit ${limit}`.execute(db);
  return rows.map((row) => ({
    receiver: JSON.parse(row.receiver) as string,
    fingerprints: row.fingerprints,
    decidedAt: row.decided_at.getTime(),
    handled: row.handled,
  }));
}
