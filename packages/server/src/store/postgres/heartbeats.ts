import type { Db } from "./records.ts";

/** When the outside was last told that alerts flow, and why it could not be told. */
export interface HeartbeatRecord {
  readonly sentAt: Date | null;
  readonly failedAt: Date | null;
  readonly error: string | null;
}

/** Remembers that a heartbeat has gone out, or why it has not. */
export async function putHeartbeat(
  db: Db,
  name: string,
  result: { readonly at: number; readonly error: string | undefined },
): Promise<void> {
  const at = new Date(result.at);
  const changed =
    result.error === undefined
      ? { sent_at: at, error: null }
      : { failed_at: at, error: JSON.stringify(result.error) };
  await db
    .insertInto("heartbeats")
    .values({ name, sent_at: null, failed_at: null, ...changed })
    .onConflict((conflict) => conflict.column("name").doUpdateSet(changed))
    .execute();
}

/** What is known of a heartbeat; undefined before the first one. */
export async function readHeartbeat(db: Db, name: string): Promise<HeartbeatRecord | undefined> {
  const row = await db
    .selectFrom("heartbeats")
    .selectAll()
    .where("name", "=", name)
    .executeTakeFirst();
  return (
    row && {
      sentAt: row.sent_at,
      failedAt: row.failed_at,
      error: row.error === null ? null : (JSON.parse(row.error) as string),
    }
  );
}
