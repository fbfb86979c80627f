import type { Labels, Matcher } from "../../model/index.ts";
import type { Db } from "./records.ts";

/** A silence. Times are milliseconds since 1970. */
export interface SilenceRecord {
  readonly id: string;
  readonly matchers: readonly Matcher[];
  readonly startsAt: number;
  readonly endsAt: number;
  readonly createdBy: string;
  readonly comment: string;
  readonly annotations: Labels;
  readonly updatedAt: number;
}

/** Writes a silence, replacing the one with the same id. */
export async function putSilence(db: Db, silence: SilenceRecord): Promise<void> {
  const row = {
    matchers: JSON.stringify(silence.matchers),
    starts_at: new Date(silence.startsAt),
    ends_at: new Date(silence.endsAt),
    created_by: JSON.stringify(silence.createdBy),
    comment: JSON.stringify(silence.comment),
    annotations: JSON.stringify(silence.annotations),
    updated_at: new Date(silence.updatedAt),
  };
  await db
    .insertInto("silences")
    .values({ id: silence.id, ...row })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
}

/** The silences that have not ended before `endsAfter`. */
export async function listSilenceRecords(
  db: Db,
  endsAfter: number,
): Promise<readonly SilenceRecord[]> {
  const rows = await db
    .selectFrom("silences")
    .selectAll()
    .where("ends_at", ">=", new Date(endsAfter))
    .orderBy("id")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    matchers: JSON.parse(row.matchers) as Matcher[],
    startsAt: row.starts_at.getTime(),
    endsAt: row.ends_at.getTime(),
    createdBy: JSON.parse(row.created_by) as string,
    comment: JSON.parse(row.comment) as string,
    annotations: JSON.parse(row.annotations) as Labels,
    updatedAt: row.updated_at.getTime(),
  }));
}

/** Forgets silences that ended before `before`. */
export async function deleteEndedSilences(db: Db, before: number): Promise<void> {
  await db.deleteFrom("silences").where("ends_at", "<", new Date(before)).execute();
}
