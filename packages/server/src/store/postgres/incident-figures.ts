import { sql } from "kysely";
import type { IncidentSeverity } from "../../model/index.ts";
import type { Db } from "./records.ts";

/** What figures are made of: one incident. */
export interface MeasuredIncident {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly severity: IncidentSeverity;
  readonly service: string | null;
  /** When the fault began: as a person says, else when its first alert did. */
  readonly beganAt: Date;
  readonly openedAt: Date;
  readonly acknowledgedAt: Date | null;
  readonly resolvedAt: Date | null;
}

/**
 * The faults that incidents were opened for between two times, oldest first: neither planned work nor what
 * was merged into another.
 */
export async function measuredIncidents(
  db: Db,
  from: Date,
  to: Date,
  limit: number,
): Promise<readonly MeasuredIncident[]> {
  const { rows } = await sql<MeasuredIncident>`
    select id, number, title, severity, service,
      least(opened_at, coalesce(began_at,
        (select min(starts_at) from incident_alerts held where held.incident_id = incidents.id),
        opened_at)) as "beganAt",
      opened_at as "openedAt", first_acknowledged_at as "acknowledgedAt", resolved_at as "resolvedAt"
    from incidents
    where opened_at >= ${from} and opened_at < ${to}
      and severity <> 'maintenance' and merged_into is null
    order by opened_at, number limit ${limit}`.execute(db);
  return rows;
}
