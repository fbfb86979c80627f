import { sql } from "kysely";
import type { Db, Tx } from "./records.ts";
import { storableText } from "./storable-text.ts";

/** Any number: whoever adds a picture takes this advisory lock, so that two cannot both be the last. */
const PICTURES_LOCK = 7_329_418;

/** A picture of an incident, without its bytes. */
export interface PictureRecord {
  readonly id: string;
  readonly incidentId: string;
  /** The timeline's entry that it stands below; null while its note is being written. */
  readonly entryId: string | null;
  readonly type: string;
  readonly width: number;
  readonly height: number;
  /** Bytes. */
  readonly size: number;
  readonly addedBy: string;
}

const COLUMNS = [
  "id",
  "incident_id as incidentId",
  "entry_id as entryId",
  "type",
  "width",
  "height",
  "size",
  "added_by as addedBy",
] as const;

/** Lets one transaction at a time add pictures. */
export async function lockPictures(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${PICTURES_LOCK})`.execute(tx);
}

/** How many pictures an incident has, and how many bytes those of all incidents. */
export async function pictureRoom(
  db: Db,
  incidentId: string,
): Promise<{ readonly count: number; readonly bytes: number }> {
  const { rows } = await sql<{ count: number; bytes: string }>`
    select count(*) filter (where incident_id = ${incidentId})::int as count,
      coalesce(sum(size), 0) as bytes
    from incident_pictures`.execute(db);
  return { count: rows[0]?.count ?? 0, bytes: Number(rows[0]?.bytes ?? 0) };
}

/** Keeps a picture that no note has yet. */
export async function addPicture(
  tx: Tx,
  picture: Omit<PictureRecord, "entryId" | "size"> & {
    readonly bytes: Buffer;
    readonly addedAt: Date;
  },
): Promise<void> {
  await tx
    .insertInto("incident_pictures")
    .values({
      id: picture.id,
      incident_id: picture.incidentId,
      entry_id: null,
      type: picture.type,
      width: picture.width,
      height: picture.height,
      size: picture.bytes.length,
      bytes: picture.bytes,
      added_at: picture.addedAt,
      added_by: storableText(picture.addedBy),
    })
    .execute();
}

/** A picture without its bytes. */
export function findPicture(db: Db, id: string): Promise<PictureRecord | undefined> {
  return db.selectFrom("incident_pictures").select(COLUMNS).where("id", "=", id).executeTakeFirst();
}

/** What a browser is given of a picture. */
export function readPicture(
  db: Db,
  id: string,
): Promise<{ readonly type: string; readonly bytes: Buffer } | undefined> {
  return db
    .selectFrom("incident_pictures")
    .select(["type", "bytes"])
    .where("id", "=", id)
    .executeTakeFirst();
}

/** Those of the pictures that wait for a note of this incident. */
export async function waitingPictures(
  tx: Tx,
  incidentId: string,
  ids: readonly string[],
): Promise<readonly PictureRecord[]> {
  if (ids.length === 0) return [];
  return tx
    .selectFrom("incident_pictures")
    .select(COLUMNS)
    .where("incident_id", "=", incidentId)
    .where("entry_id", "is", null)
    .where(sql<boolean>`id = any(${[...ids]}::uuid[])`)
    .forUpdate()
    .execute();
}

/** Puts pictures below an entry. */
export async function placePictures(
  tx: Tx,
  entryId: string,
  ids: readonly string[],
): Promise<void> {
  await tx
    .updateTable("incident_pictures")
    .set({ entry_id: entryId })
    .where(sql<boolean>`id = any(${[...ids]}::uuid[])`)
    .execute();
}

/** Takes away a picture whose note was not sent. Answers whether there was one. */
export async function dropWaitingPicture(tx: Tx, id: string): Promise<boolean> {
  const gone = await tx
    .deleteFrom("incident_pictures")
    .where("id", "=", id)
    .where("entry_id", "is", null)
    .executeTakeFirst();
  return gone.numDeletedRows > 0n;
}

/** Takes away pictures whose notes were never sent. */
export async function dropForgottenPictures(tx: Tx, before: Date): Promise<void> {
  await tx
    .deleteFrom("incident_pictures")
    .where("entry_id", "is", null)
    .where("added_at", "<", before)
    .execute();
}
