import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { IncidentSeverity, IncidentState, Labels } from "../../model/index.ts";
import type { Db, Tx } from "./records.ts";
import { recordset } from "./recordset.ts";
import { storableJson, storableText } from "./storable-text.ts";
import type { IncidentTables } from "./tables/incidents.ts";
import { addTimeline } from "./timeline.ts";

/** Any number: whoever changes incidents takes this advisory lock until the transaction ends. */
const INCIDENTS_LOCK = 7_329_417;

/** Rows in one insert: PostgreSQL takes at most 65,535 parameters in a statement. */
const CHUNK = 1000;

/** An incident's own fields. */
export interface IncidentRecord {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly severity: IncidentSeverity;
  readonly state: IncidentState;
  readonly service: string | null;
  readonly openedAt: Date;
  readonly openedBy: string;
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string | null;
  readonly resolvedAt: Date | null;
  readonly resolvedBy: string | null;
  /** When it was opened, or reopened last. */
  readonly triggeredAt: Date;
  /** When the fault began, where a person has said so. */
  readonly beganAt: Date | null;
  /** Stays when it is reopened. */
  readonly firstAcknowledgedAt: Date | null;
  /** The incident that it was merged into, or split off from. */
  readonly mergedInto: string | null;
  readonly splitFrom: string | null;
  readonly openKey: string | null;
}

/** A new incident, to which nothing has happened yet. */
export function newIncident(
  given: Pick<
    IncidentRecord,
    "id" | "number" | "title" | "severity" | "service" | "openedAt" | "openedBy"
  >,
): IncidentRecord {
  return {
    ...given,
    state: "triggered",
    acknowledgedAt: null,
    acknowledgedBy: null,
    resolvedAt: null,
    resolvedBy: null,
    triggeredAt: given.openedAt,
    beganAt: null,
    firstAcknowledgedAt: null,
    mergedInto: null,
    splitFrom: null,
    openKey: null,
  };
}

/** An incident with how many alerts it holds. */
export interface IncidentSummaryRecord extends IncidentRecord {
  readonly alertCount: number;
  readonly firingAlerts: number;
}

/** An alert that an incident holds. */
export interface IncidentAlertRecord {
  readonly incidentId: string;
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly status: "firing" | "resolved";
  readonly startsAt: Date;
  readonly endsAt: Date | null;
  readonly generatorURL: string;
  readonly expression: string | null;
  /** As of when this is known. */
  readonly knownAt: Date;
}

const toRecord = (row: Selectable<IncidentTables["incidents"]>): IncidentRecord => ({
  id: row.id,
  number: row.number,
  title: row.title,
  severity: row.severity,
  state: row.state,
  service: row.service,
  openedAt: row.opened_at,
  openedBy: row.opened_by,
  acknowledgedAt: row.acknowledged_at,
  acknowledgedBy: row.acknowledged_by,
  resolvedAt: row.resolved_at,
  resolvedBy: row.resolved_by,
  triggeredAt: row.triggered_at,
  beganAt: row.began_at,
  firstAcknowledgedAt: row.first_acknowledged_at,
  mergedInto: row.merged_into,
  splitFrom: row.split_from,
  openKey: row.open_key,
});

const toRow = (record: IncidentRecord): Selectable<IncidentTables["incidents"]> => ({
  id: record.id,
  number: record.number,
  title: storableText(record.title),
  severity: record.severity,
  state: record.state,
  service: record.service === null ? null : storableText(record.service),
  opened_at: record.openedAt,
  opened_by: record.openedBy,
  acknowledged_at: record.acknowledgedAt,
  acknowledged_by: record.acknowledgedBy,
  resolved_at: record.resolvedAt,
  resolved_by: record.resolvedBy,
  triggered_at: record.triggeredAt,
  began_at: record.beganAt,
  first_acknowledged_at: record.firstAcknowledgedAt,
  merged_into: record.mergedInto,
  split_from: record.splitFrom,
  open_key: record.openKey,
});

const toAlert = (row: Selectable<IncidentTables["incident_alerts"]>): IncidentAlertRecord => ({
  incidentId: row.incident_id,
  fingerprint: row.fingerprint,
  labels: row.labels as Labels,
  annotations: row.annotations as Labels,
  status: row.status,
  startsAt: row.starts_at,
  endsAt: row.ends_at,
  generatorURL: row.generator_url,
  expression: row.expression,
  knownAt: row.known_at,
});

/**
 * Lets one transaction at a time change incidents, over all servers: without it, two webhooks at once
 * would both find no incident and open one each.
 */
export async function lockIncidents(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${INCIDENTS_LOCK})`.execute(tx);
}

/** The number that the next incident gets. Only under the lock. */
export async function nextIncidentNumber(tx: Tx): Promise<number> {
  const row = await tx
    .selectFrom("incidents")
    .select((select) => select.fn.max("number").as("last"))
    .executeTakeFirst();
  return (row?.last ?? 0) + 1;
}

/** Adds incidents or writes their new state. */
export async function saveIncidents(tx: Tx, incidents: readonly IncidentRecord[]): Promise<void> {
  for (let start = 0; start < incidents.length; start += CHUNK) {
    await tx
      .insertInto("incidents")
      .values(incidents.slice(start, start + CHUNK).map(toRow))
      .onConflict((conflict) =>
        conflict.column("id").doUpdateSet((update) => ({
          title: update.ref("excluded.title"),
          service: update.ref("excluded.service"),
          severity: update.ref("excluded.severity"),
          state: update.ref("excluded.state"),
          acknowledged_at: update.ref("excluded.acknowledged_at"),
          acknowledged_by: update.ref("excluded.acknowledged_by"),
          resolved_at: update.ref("excluded.resolved_at"),
          resolved_by: update.ref("excluded.resolved_by"),
          triggered_at: update.ref("excluded.triggered_at"),
          began_at: update.ref("excluded.began_at"),
          first_acknowledged_at: update.ref("excluded.first_acknowledged_at"),
          merged_into: update.ref("excluded.merged_into"),
        })),
      )
      .execute();
  }
}

const ALERT_COLUMNS = {
  incident_id: "uuid",
  fingerprint: "text",
  labels: "text",
  annotations: "text",
  status: "text",
  starts_at: "timestamptz",
  ends_at: "timestamptz",
  generator_url: "text",
  expression: "text",
  known_at: "timestamptz",
} as const;

/** Adds alerts to incidents, or writes their new state. */
export async function saveIncidentAlerts(
  tx: Tx,
  alerts: readonly IncidentAlertRecord[],
): Promise<void> {
  // In the order of the primary key: its pages are filled one after the other.
  const sorted = [...alerts].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  for (let start = 0; start < sorted.length; start += CHUNK) {
    const rows = sorted.slice(start, start + CHUNK).map((alert) => ({
      incident_id: alert.incidentId,
      fingerprint: alert.fingerprint,
      labels: storableJson(alert.labels),
      annotations: storableJson(alert.annotations),
      status: alert.status,
      starts_at: alert.startsAt,
      ends_at: alert.endsAt,
      generator_url: storableText(alert.generatorURL),
      expression: alert.expression === null ? null : storableText(alert.expression),
      known_at: alert.knownAt,
    }));
    await sql`
      insert into incident_alerts (incident_id, fingerprint, labels, annotations, status, starts_at,
        ends_at, generator_url, expression, known_at)
      select incident_id, fingerprint, labels::jsonb, annotations::jsonb, status, starts_at, ends_at,
        generator_url, expression, known_at from ${recordset(rows, ALERT_COLUMNS)}
      on conflict (incident_id, fingerprint) do update set annotations = excluded.annotations,
        status = excluded.status, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
        generator_url = excluded.generator_url, expression = excluded.expression,
        known_at = excluded.known_at`.execute(tx);
  }
}

/** Remembers which incidents notification groups feed. */
export async function linkIncidentGroups(
  tx: Tx,
  links: readonly { readonly incidentId: string; readonly hash: Buffer }[],
): Promise<void> {
  if (links.length === 0) return;
  const ids = links.map(({ incidentId }) => incidentId);
  const hashes = links.map(({ hash }) => hash);
  await sql`
    insert into incident_groups (incident_id, group_hash)
    select * from unnest(${ids}::uuid[], ${hashes}::bytea[])
    on conflict do nothing`.execute(tx);
}

/** The open incidents that notification groups have fed, by a group's hash in hex. */
export async function openIncidentsOfGroups(
  db: Db,
  hashes: readonly Buffer[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rows = await db
    .selectFrom("incident_groups")
    .innerJoin("incidents", "incidents.id", "incident_groups.incident_id")
    .select(["incident_id", "group_hash"])
    .where(sql<boolean>`group_hash = any(${[...hashes]}::bytea[])`)
    .where("incidents.state", "!=", "resolved")
    .execute();
  const found = new Map<string, Set<string>>();
  for (const { incident_id, group_hash } of rows) {
    const hash = group_hash.toString("hex");
    found.set(hash, (found.get(hash) ?? new Set()).add(incident_id));
  }
  return found;
}

/** The open incidents that hold an alert with one of these labels, each as `NAME=VALUE`. */
export async function openIncidentsByLabel(
  db: Db,
  keys: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  if (keys.length === 0) return new Map();
  const names = [...new Set(keys.map((key) => key.slice(0, key.indexOf("="))))];
  const { rows } = await sql<{ key: string; id: string }>`
    select distinct name || '=' || (held.labels->>name) as key, incidents.id
    from incidents join incident_alerts held on held.incident_id = incidents.id,
      unnest(${names}::text[]) as name
    where incidents.state <> 'resolved'
      and name || '=' || (held.labels->>name) = any(${[...keys].map(storableText)}::text[])`.execute(
    db,
  );
  const found = new Map<string, Set<string>>();
  for (const { key, id } of rows) found.set(key, (found.get(key) ?? new Set()).add(id));
  return found;
}

/**
 * Incidents with their counts. The counts are looked up for the rows that are answered and no others:
 * the history may be long.
 */
function summaries(db: Db) {
  return db
    .selectFrom("incidents")
    .selectAll("incidents")
    .select([
      sql<number>`(select count(*)::int from incident_alerts held
        where held.incident_id = incidents.id)`.as("alert_count"),
      sql<number>`(select count(*)::int from incident_alerts held
        where held.incident_id = incidents.id and held.status = 'firing')`.as("firing_alerts"),
    ]);
}

const toSummary = (
  row: Selectable<IncidentTables["incidents"]> & {
    alert_count: number;
    firing_alerts: number;
  },
): IncidentSummaryRecord => ({
  ...toRecord(row),
  alertCount: row.alert_count,
  firingAlerts: row.firing_alerts,
});

/** Incidents, newest first; `before` is a number, exclusive. */
export async function listIncidents(
  db: Db,
  page: {
    readonly state: "open" | "resolved" | "all";
    readonly before?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly IncidentSummaryRecord[]> {
  let query = summaries(db).orderBy("incidents.number", "desc").limit(page.limit);
  if (page.state !== "all") {
    query = query.where("incidents.state", page.state === "open" ? "!=" : "=", "resolved");
  }
  if (page.before !== undefined) query = query.where("incidents.number", "<", page.before);
  return (await query.execute()).map(toSummary);
}

/** Incidents that are among `ids`, or open and about one of `services`; oldest first. */
export async function listIncidentsInPlay(
  db: Db,
  play: { readonly ids: readonly string[]; readonly services: readonly string[] },
): Promise<readonly IncidentSummaryRecord[]> {
  const rows = await summaries(db)
    .where((where) =>
      where.or([
        sql<boolean>`incidents.id = any(${play.ids}::uuid[])`,
        where.and([
          where("incidents.state", "!=", "resolved"),
          // What is planned is not made worse by an alert: that is an incident of its own.
          where("incidents.severity", "!=", "maintenance"),
          sql<boolean>`incidents.service = any(${play.services.map(storableText)}::text[])`,
        ]),
      ]),
    )
    .orderBy("incidents.number")
    .execute();
  return rows.map(toSummary);
}

/** The incident with this id or number. */
export async function findIncident(
  db: Db,
  key: { readonly id: string } | { readonly number: number },
): Promise<IncidentSummaryRecord | undefined> {
  const query = "id" in key ? summaries(db).where("incidents.id", "=", key.id) : undefined;
  const row = await (
    query ?? summaries(db).where("incidents.number", "=", "number" in key ? key.number : 0)
  ).executeTakeFirst();
  return row === undefined ? undefined : toSummary(row);
}

/** The incident that was opened with this key. */
export async function findIncidentByKey(
  db: Db,
  key: string,
): Promise<IncidentSummaryRecord | undefined> {
  const row = await summaries(db).where("incidents.open_key", "=", key).executeTakeFirst();
  return row === undefined ? undefined : toSummary(row);
}

/** Those of the alerts that an incident holds. */
export async function heldAlerts(
  db: Db,
  incidentId: string,
  fingerprints: readonly string[],
): Promise<readonly IncidentAlertRecord[]> {
  const rows = await db
    .selectFrom("incident_alerts")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .where(sql<boolean>`fingerprint = any(${[...fingerprints]}::text[])`)
    .execute();
  return rows.map(toAlert);
}

/** Where an alert stands among those of its incident. */
export type IncidentAlertPlace = Pick<IncidentAlertRecord, "status" | "startsAt" | "fingerprint">;

/**
 * The alerts of an incident: firing first, then by when they began; at most `limit` of them, from the one
 * after `after` on.
 */
export async function alertsOfIncident(
  db: Db,
  incidentId: string,
  limit: number,
  after?: IncidentAlertPlace,
): Promise<readonly IncidentAlertRecord[]> {
  const rows = await db
    .selectFrom("incident_alerts")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(status, starts_at, fingerprint) > (${after?.status}, ${after?.startsAt}::timestamptz, ${after?.fingerprint})`,
      ),
    )
    .orderBy("status")
    .orderBy("starts_at")
    .orderBy("fingerprint")
    .limit(limit)
    .execute();
  return rows.map(toAlert);
}

/**
 * For each fingerprint, what incidents hold of it: the newest where it counts as firing, and the
 * newest where it does not.
 */
export async function alertsByFingerprint(
  db: Db,
  fingerprints: readonly string[],
): Promise<readonly IncidentAlertRecord[]> {
  if (fingerprints.length === 0) return [];
  const rows = await db
    .selectFrom("incident_alerts")
    .innerJoin("incidents", "incidents.id", "incident_alerts.incident_id")
    .selectAll("incident_alerts")
    .distinctOn(["incident_alerts.fingerprint", "incident_alerts.status"])
    .where(sql<boolean>`incident_alerts.fingerprint = any(${fingerprints})`)
    .orderBy("incident_alerts.fingerprint")
    .orderBy("incident_alerts.status")
    .orderBy("incidents.number", "desc")
    .execute();
  return rows.map(toAlert);
}

/** For every alert that an open incident holds: which one. */
export async function openIncidentByFingerprint(
  db: Db,
): Promise<ReadonlyMap<string, { readonly id: string; readonly number: number }>> {
  const rows = await db
    .selectFrom("incident_alerts")
    .innerJoin("incidents", "incidents.id", "incident_alerts.incident_id")
    .select(["incident_alerts.fingerprint", "incidents.id", "incidents.number"])
    .where("incidents.state", "!=", "resolved")
    .orderBy("incidents.number")
    .execute();
  return new Map(rows.map((row) => [row.fingerprint, { id: row.id, number: row.number }]));
}

/** When the last incident ended or, if there has been none, when this installation began. */
export async function clearSince(db: Db): Promise<Date | null> {
  const last = await db
    .selectFrom("incidents")
    .select((select) => select.fn.max("resolved_at").as("at"))
    .executeTakeFirst();
  if (last?.at !== null && last?.at !== undefined) return last.at;
  const began = await sql<{ at: Date | null }>`select min(ran_at) as at from migrations`.execute(
    db,
  );
  return began.rows[0]?.at ?? null;
}

/** What became of a notification, for the timelines of its alerts' incidents. */
export interface NotificationNote {
  readonly fingerprints: readonly string[];
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly delivered: boolean;
  /** For people, e.g. `Slack #ops was told: firing (2 alerts)`. */
  readonly text: string;
}

/**
 * Puts notes into the timelines of the incidents that hold their alerts: for each alert the newest
 * incident. Answers the ids of those incidents, for `announce` after the commit.
 */
export async function noteNotifications(
  tx: Tx,
  notes: readonly NotificationNote[],
): Promise<readonly string[]> {
  const fingerprints = [...new Set(notes.flatMap((note) => note.fingerprints))];
  if (fingerprints.length === 0) return [];
  const rows = await tx
    .selectFrom("incident_alerts")
    .innerJoin("incidents", "incidents.id", "incident_alerts.incident_id")
    .select(["incident_alerts.incident_id", "incident_alerts.fingerprint"])
    .distinctOn("incident_alerts.fingerprint")
    .where(sql<boolean>`incident_alerts.fingerprint = any(${fingerprints})`)
    .orderBy("incident_alerts.fingerprint")
    .orderBy("incidents.number", "desc")
    .execute();
  const incidentOf = new Map(rows.map((row) => [row.fingerprint, row.incident_id]));
  await addTimeline(
    tx,
    notes.flatMap((note) => {
      const own = note.fingerprints.map((id) => incidentOf.get(id));
      return [...new Set(own.filter((id) => id !== undefined))].map((incidentId) => ({
        incidentId,
        at: new Date(note.at),
        kind: note.delivered ? ("notified" as const) : ("notification_failed" as const),
        actor: "system",
        text: note.text,
      }));
    }),
  );
  return [...new Set(incidentOf.values())];
}
