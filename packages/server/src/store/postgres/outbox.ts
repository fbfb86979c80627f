import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { Db } from "./records.ts";
import type { Schema } from "./schema.ts";
import { storableText } from "./storable-text.ts";

/** Tables of what is to be sent, one row each: a message waits, and is sent, failed or dropped in the end. */
type Outbox = "person_pages" | "status_notices" | "incident_news";

/** What became of an attempt to send something; what waits again is due at `nextAt`. */
export type Attempted =
  | { readonly state: "sent"; readonly at: Date }
  | { readonly state: "failed"; readonly error: string }
  | { readonly state: "waiting"; readonly error: string; readonly nextAt: Date };

/**
 * Takes messages in hand that are due: nobody else sends them before `until`. What a killed server had in
 * hand is due again after that.
 */
export async function claimDue<T extends Outbox>(
  db: Db,
  outbox: T,
  claim: { readonly now: Date; readonly until: Date; readonly limit: number },
): Promise<readonly Selectable<Schema[T]>[]> {
  const { now, until, limit } = claim;
  const { rows } = await sql<Selectable<Schema[T]>>`
    update ${sql.table(outbox)} set claimed_until = ${until}, attempts = attempts + 1
    where id in (
      select id from ${sql.table(outbox)}
      where state = 'waiting' and next_at <= ${now}
        and (claimed_until is null or claimed_until <= ${now})
      order by next_at limit ${limit} for update skip locked)
    returning *`.execute(db);
  return rows;
}

/** Remembers what became of an attempt, unless the message has been dropped meanwhile. */
export async function settleAttempt(
  db: Db,
  outbox: Outbox,
  id: string,
  attempted: Attempted,
): Promise<void> {
  await db
    .updateTable(outbox)
    .set({
      state: attempted.state,
      error: attempted.state === "sent" ? null : storableText(attempted.error),
      claimed_until: null,
      ...(attempted.state === "sent" ? { sent_at: attempted.at } : {}),
      ...(attempted.state === "waiting" ? { next_at: attempted.nextAt } : {}),
    })
    .where("id", "=", id)
    .where("state", "=", "waiting")
    .execute();
}

/** When the next message is due; null when none is. */
export async function nextDueAt(db: Db, outbox: Outbox): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(greatest(next_at, coalesce(claimed_until, next_at))) as at
    from ${sql.table(outbox)} where state = 'waiting'`.execute(db);
  return rows[0]?.at ?? null;
}
