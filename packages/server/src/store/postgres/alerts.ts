import { sql } from "kysely";
import type { Labels } from "../../model/index.ts";
import type { Db } from "./records.ts";
import { recordset } from "./recordset.ts";

/** An alert as it is kept over restarts. Times are milliseconds since 1970. */
export interface AlertRecord {
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly timeout: boolean;
  readonly generatorURL: string;
  readonly receivedAt: number;
  readonly updatedAt: number;
}

/** Rows in one statement. */
const CHUNK = 1000;

const COLUMNS = {
  fingerprint: "text",
  name: "text",
  labels: "text",
  annotations: "text",
  starts_at: "timestamptz",
  ends_at: "timestamptz",
  timeout: "boolean",
  generator_url: "text",
  received_at: "timestamptz",
  updated_at: "timestamptz",
} as const;

/** Writes alerts and that they fire, replacing what is known by the same fingerprint. All or none. */
export async function putAlerts(db: Db, alerts: readonly AlertRecord[]): Promise<void> {
  if (alerts.length <= CHUNK) return putChunk(db, alerts);
  await db.transaction().execute(async (tx) => {
    for (let from = 0; from < alerts.length; from += CHUNK)
      await putChunk(tx, alerts.slice(from, from + CHUNK));
  });
}

async function putChunk(db: Db, unsorted: readonly AlertRecord[]): Promise<void> {
  if (unsorted.length === 0) return;
  // Always in the same order, so that two servers that write the same alerts cannot deadlock.
  const alerts = [...unsorted].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  const rows = alerts.map((alert) => ({
    fingerprint: alert.fingerprint,
    name: JSON.stringify(alert.labels["alertname"] ?? ""),
    labels: JSON.stringify(alert.labels),
    annotations: JSON.stringify(alert.annotations),
    starts_at: new Date(alert.startsAt),
    ends_at: new Date(alert.endsAt),
    timeout: alert.timeout,
    generator_url: JSON.stringify(alert.generatorURL),
    received_at: new Date(alert.receivedAt),
    updated_at: new Date(alert.updatedAt),
  }));
  await sql`
    with given as materialized (select * from ${recordset(rows, COLUMNS)}),
    firings as (
      insert into alert_firings (fingerprint, received_at, name, labels, started_at, ended_at)
      select fingerprint, received_at, name, labels, starts_at, ends_at from given
      on conflict (fingerprint, received_at)
        do update set started_at = excluded.started_at, ended_at = excluded.ended_at)
    insert into alerts (fingerprint, labels, annotations, starts_at, ends_at, timeout, generator_url,
      received_at, updated_at)
    select fingerprint, labels, annotations, starts_at, ends_at, timeout, generator_url,
      received_at, updated_at from given
    on conflict (fingerprint) do update set annotations = excluded.annotations,
      starts_at = excluded.starts_at, ends_at = excluded.ends_at, timeout = excluded.timeout,
      generator_url = excluded.generator_url, received_at = excluded.received_at,
      updated_at = excluded.updated_at`.execute(db);
}

/** Every alert that is kept; with `fingerprints`, those of them alone. */
export async function listAlertRecords(
  db: Db,
  fingerprints?: readonly string[],
): Promise<readonly AlertRecord[]> {
  const rows = await db
    .selectFrom("alerts")
    .selectAll()
    .$if(fingerprints !== undefined, (query) =>
      // One parameter, however many there are.
      query.where(sql<boolean>`fingerprint = any(${[...(fingerprints ?? [])]})`),
    )
    .execute();
  return rows.map((row) => ({
    fingerprint: row.fingerprint,
    labels: JSON.parse(row.labels) as Labels,
    annotations: JSON.parse(row.annotations) as Labels,
    startsAt: row.starts_at.getTime(),
    endsAt: row.ends_at.getTime(),
    timeout: row.timeout,
    generatorURL: JSON.parse(row.generator_url) as string,
    receivedAt: row.received_at.getTime(),
    updatedAt: row.updated_at.getTime(),
  }));
}

/** Forgets those of the named alerts that ended before `before`; one that fires again is kept. */
export async function deleteEndedAlerts(
  db: Db,
  fingerprints: readonly string[],
  before: number,
): Promise<void> {
  if (fingerprints.length === 0) return;
  await db
    .deleteFrom("alerts")
    .where("fingerprint", "in", fingerprints)
    .where("ends_at", "<", new Date(before))
    .execute();
}

/** The labels of alerts that fire at a moment, at most `limit` of them. */
export async function listFiringLabels(
  db: Db,
  at: number,
  limit: number,
): Promise<readonly Labels[]> {
  const rows = await db
    .selectFrom("alerts")
    .select("labels")
    .where("starts_at", "<=", new Date(at))
    .where("ends_at", ">", new Date(at))
    .limit(limit)
    .execute();
  return rows.map((row) => JSON.parse(row.labels) as Labels);
}
