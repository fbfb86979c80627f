import { sql } from "kysely";
import type { Labels } from "../../model/index.ts";
import type { Db } from "./records.ts";
import { FIRINGS_BEGIN } from "./tables/firings.ts";

/** One time that an alert fired. Times are milliseconds since 1970. */
export interface FiringRecord {
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly startedAt: number;
  /** Ahead of now while it fires. */
  readonly endedAt: number;
}

/** Which firings are wanted. */
export interface FiringFilter {
  readonly fingerprint?: string | undefined;
  /** The label `alertname`. */
  readonly name?: string | undefined;
  /** Those that were over before are left out. */
  readonly since: number;
  readonly limit: number;
}

/**
 * Firings, the newest first. What was over when it was first heard of never fired here; what several
 * servers heard of is one firing.
 */
export async function listFirings(
  db: Db,
  { fingerprint, name, since, limit }: FiringFilter,
): Promise<readonly FiringRecord[]> {
  const rows = await db
    .selectFrom("alert_firings")
    .select(["fingerprint", "labels", "started_at"])
    .select(({ fn }) => fn.max("ended_at").as("ended_at"))
    .where("ended_at", ">=", new Date(since))
    .whereRef("ended_at", ">", "received_at")
    .$if(fingerprint !== undefined, (query) => query.where("fingerprint", "=", fingerprint ?? ""))
    .$if(name !== undefined, (query) => query.where("name", "=", JSON.stringify(name)))
    .groupBy(["fingerprint", "labels", "started_at"])
    .orderBy("started_at", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    fingerprint: row.fingerprint,
    labels: JSON.parse(row.labels) as Labels,
    startedAt: row.started_at.getTime(),
    endedAt: row.ended_at.getTime(),
  }));
}

/** When each label set fired last, by label sets. */
export async function listLastFirings(
  db: Db,
): Promise<readonly { readonly labels: Labels; readonly startedAt: number }[]> {
  const rows = await db
    .selectFrom("alert_firings")
    .select("labels")
    .select(({ fn }) => fn.max("started_at").as("last"))
    .whereRef("ended_at", ">", "received_at")
    .groupBy("labels")
    .execute();
  return rows.map(({ labels, last }) => ({
    labels: JSON.parse(labels) as Labels,
    startedAt: last.getTime(),
  }));
}

/** Since when firings have been noted. */
export async function firingsSince(db: Db): Promise<number> {
  const { rows } = await sql<{ ran_at: Date }>`
    select ran_at from migrations where name = ${FIRINGS_BEGIN}`.execute(db);
  return rows[0]?.ran_at.getTime() ?? 0;
}

/** The firings of some alerts that began since `since`, by fingerprint, oldest first. */
export async function recentFirings(
  db: Db,
  fingerprints: readonly string[],
  since: number,
): Promise<ReadonlyMap<string, readonly { startedAt: number; endedAt: number }[]>> {
  const found = new Map<string, { startedAt: number; endedAt: number }[]>();
  if (fingerprints.length === 0) return found;
  const rows = await db
    .selectFrom("alert_firings")
    .select(["fingerprint", "started_at"])
    .select(({ fn }) => fn.max("ended_at").as("ended_at"))
    .where(sql<boolean>`fingerprint = any(${[...fingerprints]})`)
    .where("received_at", ">", new Date(since))
    .whereRef("ended_at", ">", "received_at")
    .groupBy(["fingerprint", "started_at"])
    .orderBy("started_at")
    .execute();
  for (const { fingerprint, started_at, ended_at } of rows) {
    const own = found.get(fingerprint) ?? [];
    own.push({ startedAt: started_at.getTime(), endedAt: ended_at.getTime() });
    found.set(fingerprint, own);
  }
  return found;
}

/** Forgets firings that were over before `before`. */
export async function deleteOldFirings(db: Db, before: number): Promise<void> {
  await db.deleteFrom("alert_firings").where("ended_at", "<", new Date(before)).execute();
}
