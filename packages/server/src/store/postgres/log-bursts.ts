import { sql } from "kysely";
import type { TimelineDetail } from "../../model/index.ts";
import { serviceOfLabels } from "./incident-work.ts";
import type { Db, Tx } from "./records.ts";
import { storableJson, storableText } from "./storable-text.ts";
import { addTimeline } from "./timeline.ts";

/** An open incident, and which services' logs have to do with it. */
export interface WatchedIncident {
  readonly id: string;
  /** When it was opened, or reopened last. */
  readonly triggeredAt: Date;
  readonly services: readonly string[];
}

/**
 * The open incidents that were triggered since then, the newest first, with their services: their own, those
 * that people named, those of their alerts by number; so many of each at most.
 */
export async function incidentsToWatch(
  db: Db,
  asked: {
    readonly since: Date;
    readonly serviceLabels: readonly string[];
    readonly incidents: number;
    readonly services: number;
  },
): Promise<readonly WatchedIncident[]> {
  const { rows } = await sql<{ id: string; triggered_at: Date; services: string[] }>`
    select id, triggered_at, array(
      select name from (
        select 0 as rank, 0 as number, incidents.service as name
        union all
        select 1, 0, service from incident_services where incident_id = incidents.id
        union all
        select 2, -count(*), ${serviceOfLabels(asked.serviceLabels)} from incident_alerts
        where incident_id = incidents.id group by 3
      ) named
      where name is not null
      group by name order by min(rank), min(number), name limit ${asked.services}) as services
    from incidents where state <> 'resolved' and triggered_at >= ${asked.since}
    order by triggered_at desc, id limit ${asked.incidents}`.execute(db);
  return rows.map(({ id, triggered_at: triggeredAt, services }) => ({ id, triggeredAt, services }));
}

/** What an incident's timeline tells of a burst of error lines. */
export interface LogBurstRecord {
  readonly service: string;
  readonly startedAt: Date;
  /** Exclusive. */
  readonly endedAt: Date;
  readonly isOver: boolean;
  readonly shape: string | null;
  readonly text: string;
  readonly url: string;
}

/** The bursts on the timelines of incidents, oldest first. */
export async function logBurstsOf(
  db: Db,
  incidentIds: readonly string[],
): Promise<
  readonly (LogBurstRecord & { readonly entryId: string; readonly incidentId: string })[]
> {
  const rows = await db
    .selectFrom("incident_log_bursts as burst")
    .innerJoin("incident_timeline as entry", "entry.id", "burst.entry_id")
    .select(["burst.entry_id", "burst.service", "burst.started_at", "burst.ended_at"])
    .select(["burst.is_over", "burst.shape", "entry.incident_id", "entry.text", "entry.detail"])
    .where(sql<boolean>`entry.incident_id = any(${[...incidentIds]}::uuid[])`)
    .orderBy("burst.started_at")
    .orderBy("burst.entry_id")
    .execute();
  return rows.map((row) => ({
    entryId: row.entry_id,
    incidentId: row.incident_id,
    service: row.service,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    isOver: row.is_over,
    shape: row.shape,
    text: row.text,
    url: (row.detail as TimelineDetail | null)?.url ?? "",
  }));
}

const fieldsOf = ({ service, startedAt, endedAt, isOver, shape }: LogBurstRecord) => ({
  service: storableText(service),
  started_at: startedAt,
  ended_at: endedAt,
  is_over: isOver,
  shape: shape === null ? null : storableText(shape),
});

/** Puts a burst on an incident's timeline. */
export async function addLogBurst(
  tx: Tx,
  incidentId: string,
  burst: LogBurstRecord,
): Promise<void> {
  const { startedAt: at, text, url } = burst;
  const [entryId] = await addTimeline(tx, [
    { incidentId, at, kind: "log_burst", actor: "system", text, detail: { url } },
  ]);
  if (entryId === undefined) throw new Error("the entry of a burst has no id");
  await tx
    .insertInto("incident_log_bursts")
    .values({ entry_id: entryId, incident_id: incidentId, ...fieldsOf(burst) })
    .execute();
}

/** Writes what is known of a burst by now into its entry. */
export async function updateLogBurst(
  tx: Tx,
  entryId: string,
  burst: LogBurstRecord,
): Promise<void> {
  const { startedAt: at, text, url } = burst;
  await tx
    .updateTable("incident_timeline")
    .set({ at, text: storableText(text), detail: storableJson({ url }) })
    .where("id", "=", entryId)
    .execute();
  await tx
    .updateTable("incident_log_bursts")
    .set(fieldsOf(burst))
    .where("entry_id", "=", entryId)
    .execute();
}
