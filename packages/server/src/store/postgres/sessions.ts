import type { Db, Tx } from "./records.ts";
import type { UserRecord } from "./users.ts";

/** A session with the person it belongs to. */
export interface SessionRecord {
  readonly user: UserRecord;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** The session with this hash, unless it has expired. */
export async function findSession(
  db: Db,
  idHash: Buffer,
  now: number,
): Promise<SessionRecord | undefined> {
  const row = await db
    .selectFrom("sessions")
    .innerJoin("users", "users.id", "sessions.user_id")
    .select([
      "users.id",
      "users.email",
      "users.name",
      "users.role",
      "users.password_hash",
      "sessions.created_at",
      "sessions.expires_at",
    ])
    .where("sessions.id_hash", "=", idHash)
    .where("sessions.expires_at", ">", new Date(now))
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    user: {
      id: row.id,
      email: row.email,
      name: row.name,
      role: row.role,
      passwordHash: row.password_hash,
    },
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

/** Adds a session, and drops those that have expired. */
export async function insertSession(
  tx: Tx,
  session: {
    readonly idHash: Buffer;
    readonly userId: string;
    readonly now: number;
    readonly expiresAt: number;
  },
): Promise<void> {
  await tx.deleteFrom("sessions").where("expires_at", "<=", new Date(session.now)).execute();
  await tx
    .insertInto("sessions")
    .values({
      id_hash: session.idHash,
      user_id: session.userId,
      created_at: new Date(session.now),
      expires_at: new Date(session.expiresAt),
    })
    .execute();
}

/** Moves a session's end. */
export async function extendSession(db: Db, idHash: Buffer, expiresAt: number): Promise<void> {
  await db
    .updateTable("sessions")
    .set({ expires_at: new Date(expiresAt) })
    .where("id_hash", "=", idHash)
    .execute();
}

/** Ends one session. */
export async function deleteSession(tx: Tx, idHash: Buffer): Promise<void> {
  await tx.deleteFrom("sessions").where("id_hash", "=", idHash).execute();
}

/** Ends every session of a person but `keep`; answers how many there were. */
export async function deleteOtherSessions(tx: Tx, userId: string, keep: Buffer): Promise<number> {
  const result = await tx
    .deleteFrom("sessions")
    .where("user_id", "=", userId)
    .where("id_hash", "!=", keep)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
