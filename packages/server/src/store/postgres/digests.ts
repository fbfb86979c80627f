import { sql } from "kysely";
import type { Db, Tx } from "./records.ts";

/** Until when a digest has been told; undefined before the first look. Milliseconds since 1970. */
export async function digestToldUntil(db: Db, name: string): Promise<number | undefined> {
  const row = await db
    .selectFrom("digests")
    .select("told_until")
    .where("name", "=", name)
    .executeTakeFirst();
  return row?.told_until.getTime();
}

/** Notes where a digest begins. Changes nothing when it has begun. */
export async function beginDigest(db: Db, name: string, at: number): Promise<void> {
  await db
    .insertInto("digests")
    .values({ name, told_until: new Date(at) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Takes it on to tell a digest until a moment. False when this or another server has done so. */
export async function takeDigest(tx: Tx, name: string, until: number): Promise<boolean> {
  const { rows } = await sql`
    update digests set told_until = ${new Date(until)}
    where name = ${name} and told_until < ${new Date(until)} returning name`.execute(tx);
  return rows.length > 0;
}
