import { sql } from "kysely";
import type { Labels } from "../../model/index.ts";
import type { Db } from "./records.ts";

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

/** Rows in one insert: PostgreSQL takes at most 65,535 parameters in a statement. */
const CHUNK = 1000;

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
    labels: JSON.stringify(alert.labels),
    annotations: JSON.stringify(alert.annotations),
    starts_at: new Date(alert.startsAt),
    ends_at: new Date(alert.endsAt),
    timeout: alert.timeout,
    generator_url: JSON.stringify(alert.generatorURL),
    received_at: new Date(alert.receivedAt),
    updated_at: new Date(alert.updatedAt),
  }));
  await db
    .with("firings", (query) =>
      query
        .insertInto("alert_firings")
        .values(alerts.map(firingRow))
        .onConflict((conflict) =>
          conflict.columns(["fingerprint", "received_at"]).doUpdateSet((update) => ({
            started_at: update.ref("excluded.started_at"),
            ended_at: update.ref("excluded.ended_at"),
          })),
        ),
    )
    .insertInto("alerts")
    .values(rows)
    .onConflict((conflict) =>
      conflict.column("fingerprint").doUpdateSet((update) => ({
        annotations: update.ref("excluded.annotations"),
        starts_at: update.ref("excluded.starts_at"),
        ends_at: update.ref("excluded.ends_at"),
        timeout: update.ref("excluded.timeout"),
        generator_url: update.ref("excluded.generator_url"),
        received_at: update.ref("excluded.received_at"),
        updated_at: update.ref("excluded.updated_at"),
      })),
    )
    .execute();
}

/** The columns of a firing, from an alert's row. */
function firingRow({ labels, ...alert }: AlertRecord) {
  return {
    fingerprint: alert.fingerprint,
    received_at: new Date(alert.receivedAt),
    name: JSON.stringify(labels["alertname"] ?? ""),
    labels: JSON.stringify(labels),
    started_at: new Date(alert.startsAt),
    ended_at: new Date(alert.endsAt),
  };
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
