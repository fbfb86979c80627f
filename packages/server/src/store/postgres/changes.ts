import type { Selectable } from "kysely";
import { sql } from "kysely";
import type { ChangeKind } from "../../model/index.ts";
import type { Db, Tx } from "./records.ts";
import { storableText } from "./storable-text.ts";
import type { ChangeTables } from "./tables/changes.ts";

/** A change in what people run. */
export interface ChangeRecord {
  readonly id: string;
  readonly at: Date;
  readonly kind: ChangeKind;
  /** Null: it concerns all of them. */
  readonly service: string | null;
  readonly environment: string | null;
  readonly title: string;
  readonly version: string | null;
  readonly url: string | null;
  readonly actor: string;
  readonly recordedAt: Date;
  readonly key: string | null;
}

const toRecord = (row: Selectable<ChangeTables["changes"]>): ChangeRecord => ({
  id: row.id,
  at: row.at,
  kind: row.kind as ChangeKind,
  service: row.service,
  environment: row.environment,
  title: row.title,
  version: row.version,
  url: row.url,
  actor: row.actor,
  recordedAt: row.recorded_at,
  key: row.key,
});

/** Adds a change; answers the one that has its key already, where there is one, and whether it is new. */
export async function addChange(
  tx: Tx,
  change: ChangeRecord,
): Promise<{ readonly change: ChangeRecord; readonly isNew: boolean }> {
  const row = await tx
    .insertInto("changes")
    .values({
      id: change.id,
      at: change.at,
      kind: change.kind,
      service: change.service === null ? null : storableText(change.service),
      environment: change.environment === null ? null : storableText(change.environment),
      title: storableText(change.title),
      version: change.version === null ? null : storableText(change.version),
      url: change.url,
      actor: storableText(change.actor),
      recorded_at: change.recordedAt,
      key: change.key === null ? null : storableText(change.key),
    })
    .onConflict((conflict) => conflict.column("key").doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined) return { change: toRecord(row), isNew: true };
  const known = await tx
    .selectFrom("changes")
    .selectAll()
    .where("key", "=", storableText(change.key ?? ""))
    .executeTakeFirstOrThrow();
  return { change: toRecord(known), isNew: false };
}

/** Changes between two times, newest first; of some services, those of all services with them. */
export async function listChanges(
  db: Db,
  about: {
    readonly from: Date;
    readonly to: Date;
    readonly services?: readonly string[] | undefined;
    readonly limit: number;
  },
): Promise<readonly ChangeRecord[]> {
  let query = db
    .selectFrom("changes")
    .selectAll()
    .where("at", ">=", about.from)
    .where("at", "<=", about.to)
    .orderBy("at", "desc")
    .orderBy("id")
    .limit(about.limit);
  if (about.services !== undefined) {
    const services = [...about.services];
    query = query.where(sql<boolean>`(service is null or service = any(${services}::text[]))`);
  }
  return (await query.execute()).map(toRecord);
}

/** The open incidents that a change of a service (null: of all) may have to do with. */
export async function openIncidentsAbout(
  db: Db,
  service: string | null,
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from incidents where state <> 'resolved' and (
      ${service}::text is null or service is null or service = ${service} or exists (
        select 1 from incident_services touched
        where touched.incident_id = incidents.id and touched.service = ${service}))`.execute(db);
  return rows.map(({ id }) => id);
}
