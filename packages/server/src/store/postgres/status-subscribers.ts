import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { SubscriberKind } from "../../model/index.ts";
import { claimDue, nextDueAt, settleAttempt } from "./outbox.ts";
import type { Attempted } from "./outbox.ts";
import type { Db, Tx } from "./records.ts";
import { storableText } from "./storable-text.ts";
import type { StatusPageTables } from "./tables/status-page.ts";

/** Somebody who is told of updates, or has been asked whether they want to be. */
export interface SubscriberRecord {
  readonly id: string;
  readonly kind: SubscriberKind;
  readonly address: string;
  readonly state: "pending" | "confirmed";
  readonly requestedAt: Date;
  readonly requests: number;
  readonly confirmedAt: Date | null;
  readonly createdAt: Date;
}

/** Something that one subscriber is to be told, or asked (`updateId` null). */
export interface StatusNoticeRecord {
  readonly id: string;
  readonly subscriberId: string;
  readonly updateId: string | null;
  readonly attempts: number;
}

const toSubscriber = (
  row: Selectable<StatusPageTables["status_subscribers"]>,
): SubscriberRecord => ({
  id: row.id,
  kind: row.kind as SubscriberKind,
  address: row.address,
  state: row.state,
  requestedAt: row.requested_at,
  requests: row.requests,
  confirmedAt: row.confirmed_at,
  createdAt: row.created_at,
});

/** Finds who subscribed by an address, and holds them until the transaction ends. */
export async function lockSubscriber(
  tx: Tx,
  kind: SubscriberKind,
  address: string,
): Promise<SubscriberRecord | undefined> {
  const row = await tx
    .selectFrom("status_subscribers")
    .selectAll()
    .where("kind", "=", kind)
    .where("address", "=", storableText(address))
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? undefined : toSubscriber(row);
}

export async function findSubscriber(db: Db, id: string): Promise<SubscriberRecord | undefined> {
  const row = await db
    .selectFrom("status_subscribers")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : toSubscriber(row);
}

export async function putSubscriber(tx: Tx, subscriber: SubscriberRecord): Promise<void> {
  const row = {
    state: subscriber.state,
    requested_at: subscriber.requestedAt,
    requests: subscriber.requests,
    confirmed_at: subscriber.confirmedAt,
  };
  await tx
    .insertInto("status_subscribers")
    .values({
      id: subscriber.id,
      kind: subscriber.kind,
      address: storableText(subscriber.address),
      created_at: subscriber.createdAt,
      ...row,
    })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
}

export async function deleteSubscriber(tx: Tx, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("status_subscribers")
    .where("id", "=", id)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** How many are told, by kind, and how many have not answered yet. */
export async function countSubscribers(
  db: Db,
): Promise<readonly { kind: SubscriberKind; state: "pending" | "confirmed"; count: number }[]> {
  const { rows } = await sql<{
    kind: SubscriberKind;
    state: "pending" | "confirmed";
    count: number;
  }>`
    select kind, state, count(*)::integer as count from status_subscribers
    group by kind, state order by kind, state`.execute(db);
  return rows;
}

/** How many were asked whether they want to be told since `since`, by whomever. */
export async function countQuestions(db: Db, since: Date): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from status_notices
    where update_id is null and created_at >= ${since}`.execute(db);
  return rows[0]?.count ?? 0;
}

/**
 * How many questions went to addresses of a mailbox since `since`; nobody else counts the same mailbox
 * until the transaction ends.
 */
export async function countMailboxQuestions(tx: Tx, mailbox: string, since: Date): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`status mailbox ${mailbox}`}, 0))`.execute(
    tx,
  );
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count
    from status_notices notice join status_subscribers one on one.id = notice.subscriber_id
    where notice.update_id is null and notice.created_at >= ${since} and one.kind = 'email'
      and regexp_replace(one.address, '[+][^@]*@', '@') = ${mailbox}`.execute(tx);
  return rows[0]?.count ?? 0;
}

/** Forgets those who never answered. */
export async function dropUnanswered(tx: Tx, before: Date): Promise<void> {
  await tx
    .deleteFrom("status_subscribers")
    .where("state", "=", "pending")
    .where("requested_at", "<", before)
    .execute();
}

/** Asks a subscriber whether they want to be told. */
export async function addQuestion(
  tx: Tx,
  id: string,
  subscriberId: string,
  at: Date,
): Promise<void> {
  await tx
    .insertInto("status_notices")
    .values({
      id,
      subscriber_id: subscriberId,
      update_id: null,
      state: "waiting",
      attempts: 0,
      next_at: at,
      claimed_until: null,
      created_at: at,
      sent_at: null,
      error: null,
    })
    .execute();
}

/** Lets every subscriber know of an update: once, however often this is called. */
export async function addNotices(tx: Tx, updateId: string, at: Date): Promise<void> {
  await sql`
    insert into status_notices (id, subscriber_id, update_id, state, attempts, next_at, created_at)
    select gen_random_uuid(), id, ${updateId}, 'waiting', 0, ${at}, ${at}
    from status_subscribers where state = 'confirmed'
    on conflict (subscriber_id, update_id) do nothing`.execute(tx);
}

/** Takes notices in hand that are due: nobody else sends them before `until`. */
export async function claimStatusNotices(
  db: Db,
  now: Date,
  until: Date,
  limit: number,
): Promise<readonly StatusNoticeRecord[]> {
  const rows = await claimDue(db, "status_notices", { now, until, limit });
  return rows.map((row) => ({
    id: row.id,
    subscriberId: row.subscriber_id,
    updateId: row.update_id,
    attempts: row.attempts,
  }));
}

/** Remembers what became of an attempt. */
export const settleStatusNotice = (db: Db, id: string, attempted: Attempted): Promise<void> =>
  settleAttempt(db, "status_notices", id, attempted);

/** When the next notice is due; null when none is. */
export const nextStatusNoticeAt = (db: Db): Promise<Date | null> => nextDueAt(db, "status_notices");

/** How notices of the last updates went, newest first. */
export async function countNotices(
  db: Db,
  postId: string,
): Promise<{ readonly waiting: number; readonly sent: number; readonly failed: number }> {
  const { rows } = await sql<{ waiting: number; sent: number; failed: number }>`
    select count(*) filter (where n.state = 'waiting')::integer as waiting,
      count(*) filter (where n.state = 'sent')::integer as sent,
      count(*) filter (where n.state = 'failed')::integer as failed
    from status_notices n join status_updates u on u.id = n.update_id
    where u.post_id = ${postId}`.execute(db);
  return rows[0] ?? { waiting: 0, sent: 0, failed: 0 };
}
