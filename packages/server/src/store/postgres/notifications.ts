import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { Labels } from "../../model/index.ts";
import type { IntegrationId, LogEntry } from "./notification-log.ts";
import type { Db, Tx } from "./records.ts";
import type { NotificationTables } from "./tables/notifications.ts";

/** A notification that has been decided on and is about to be written. */
export interface NewNotification extends IntegrationId {
  readonly groupId: Buffer;
  readonly receiver: string;
  readonly status: "firing" | "resolved";
  /** JSON. */
  readonly payload: string;
  readonly groupLabels: Labels;
  readonly alerts: number;
  /** Fingerprints of the alerts that fire. */
  readonly firing: readonly string[];
  readonly decidedAt: number;
  readonly logBefore: LogEntry | undefined;
  /** The idempotency key for the row's number, which no other notification has. */
  readonly idempotencyKey: (sequence: string) => string;
  readonly claim: Claim;
}

/** Who will send a notification, and until when nobody else may. */
export interface Claim {
  readonly server: string;
  readonly until: number;
}

/** A notification on its way. */
export interface WaitingNotification extends IntegrationId {
  readonly id: string;
  readonly idempotencyKey: string;
  readonly groupId: Buffer;
  readonly receiver: string;
  readonly status: "firing" | "resolved";
  readonly payload: string;
  readonly decidedAt: number;
  readonly attempts: number;
  readonly nextAttemptAt: number;
  /** Until when its server's claim holds. */
  readonly claimedUntil: number;
}

/** A notification as people see it. */
export interface NotificationRecord extends IntegrationId {
  readonly id: string;
  readonly receiver: string;
  readonly status: "firing" | "resolved";
  readonly state: "waiting" | "sent" | "failed";
  readonly decidedAt: Date;
  readonly sentAt: Date | null;
  readonly attempts: number;
  readonly error: string | null;
  readonly groupLabels: Labels;
  readonly alerts: number;
}

type Row = Selectable<NotificationTables["notifications"]>;

const toWaiting = (row: Row): WaitingNotification => ({
  id: row.id,
  idempotencyKey: row.idempotency_key,
  groupId: row.group_id,
  receiver: JSON.parse(row.receiver) as string,
  integration: row.integration,
  index: row.index,
  status: row.status,
  payload: row.payload,
  decidedAt: row.decided_at.getTime(),
  attempts: row.attempts,
  nextAttemptAt: row.next_attempt_at.getTime(),
  claimedUntil: row.claimed_until?.getTime() ?? 0,
});

const toRecord = (row: Row): NotificationRecord => ({
  id: row.id,
  receiver: JSON.parse(row.receiver) as string,
  integration: row.integration,
  index: row.index,
  status: row.status,
  state: row.state,
  decidedAt: row.decided_at,
  sentAt: row.sent_at,
  attempts: row.attempts,
  error: row.error === null ? null : (JSON.parse(row.error) as string),
  groupLabels: JSON.parse(row.group_labels) as Labels,
  alerts: row.alerts,
});

/** Any number: servers claim waiting notifications one after the other. */
const CLAIM_LOCK = 7_329_418;
/** Rows in one claim: what is left is claimed next time. */
const CLAIM_LIMIT = 200;

/**
 * Writes a notification into the outbox, claimed by the server that decided on it. The group must be
 * locked. Answers undefined when an older one of the same integration and group is in another
 * server's hands or in nobody's: then this one waits for `claimNotifications`, so that order is kept.
 */
export async function insertNotification(
  tx: Tx,
  notification: NewNotification,
): Promise<WaitingNotification | undefined> {
  const { groupId, integration, index, claim } = notification;
  // The number is drawn first because the key is made from it.
  const { rows } = await sql<{ id: string; blocked: boolean }>`
    select nextval(pg_get_serial_sequence('notifications', 'id'))::text as id, exists (
      select from notifications where group_id = ${groupId} and integration = ${integration}
        and index = ${index} and state = 'waiting' and claimed_by is distinct from ${claim.server}
    ) as blocked`.execute(tx);
  const { id, blocked } = rows[0] as { id: string; blocked: boolean };
  const row = await tx
    .insertInto("notifications")
    .values({
      id,
      idempotency_key: notification.idempotencyKey(id),
      group_id: groupId,
      receiver: JSON.stringify(notification.receiver),
      integration,
      index,
      status: notification.status,
      payload: notification.payload,
      group_labels: JSON.stringify(notification.groupLabels),
      alerts: notification.alerts,
      fingerprints: [...notification.firing],
      decided_at: new Date(notification.decidedAt),
      log_before:
        notification.logBefore === undefined ? null : JSON.stringify(notification.logBefore),
      next_attempt_at: new Date(notification.decidedAt),
      claimed_by: blocked ? null : claim.server,
      claimed_until: blocked ? null : new Date(claim.until),
      sent_at: null,
      failed_at: null,
      error: null,
      escalated_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return blocked ? undefined : toWaiting(row);
}

/** Whether a notification of this integration and group has been decided on and not yet sent. */
export async function hasWaitingNotification(
  db: Db,
  groupId: Buffer,
  { integration, index }: IntegrationId,
): Promise<boolean> {
  const row = await db
    .selectFrom("notifications")
    .select("id")
    .where("group_id", "=", groupId)
    .where("integration", "=", integration)
    .where("index", "=", index)
    .where("state", "=", "waiting")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Claims waiting notifications that nobody holds, oldest first, leaving those behind which an older
 * one of the same integration and group is held by another server.
 */
export async function claimNotifications(
  db: Db,
  claim: Claim,
  now: number,
): Promise<readonly WaitingNotification[]> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${CLAIM_LOCK})`.execute(tx);
    const free = await sql<{ id: string }>`
      select n.id from notifications n
      where n.state = 'waiting' and (n.claimed_by is null or n.claimed_until < ${new Date(now)})
        and not exists (
          select from notifications o
          where o.group_id = n.group_id and o.integration = n.integration and o.index = n.index
            and o.state = 'waiting' and o.id < n.id
            and o.claimed_by <> ${claim.server} and o.claimed_until >= ${new Date(now)})
      order by n.id limit ${CLAIM_LIMIT}`.execute(tx);
    if (free.rows.length === 0) return [];
    const rows = await tx
      .updateTable("notifications")
      .set({ claimed_by: claim.server, claimed_until: new Date(claim.until) })
      .where(
        "id",
        "in",
        free.rows.map((row) => row.id),
      )
      .where("state", "=", "waiting")
      .returningAll()
      .execute();
    return rows.map(toWaiting).sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  });
}

/** Gives up every claim of a server: what it held when it was last stopped or killed. */
export async function releaseClaims(db: Db, server: string): Promise<void> {
  await db
    .updateTable("notifications")
    .set({ claimed_by: null, claimed_until: null })
    .where("state", "=", "waiting")
    .where("claimed_by", "=", server)
    .execute();
}

/** Holds on to a notification. False when it is sent or in other hands. */
export async function renewClaim(db: Db, id: string, claim: Claim): Promise<boolean> {
  const row = await db
    .updateTable("notifications")
    .set({ claimed_until: new Date(claim.until) })
    .where("id", "=", id)
    .where("state", "=", "waiting")
    .where("claimed_by", "=", claim.server)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** A notification has been delivered. */
export async function markSent(db: Db, id: string, at: number, attempts: number): Promise<void> {
  await db
    .updateTable("notifications")
    .set({ state: "sent", sent_at: new Date(at), attempts, error: null })
    .where("id", "=", id)
    .execute();
}

/** An attempt failed and another one follows. False when the notification is in other hands. */
export async function markAttempt(
  db: Db,
  id: string,
  attempt: { readonly attempts: number; readonly error: string; readonly nextAt: number },
  claim: Claim,
): Promise<boolean> {
  const row = await db
    .updateTable("notifications")
    .set({
      attempts: attempt.attempts,
      error: JSON.stringify(attempt.error),
      next_attempt_at: new Date(attempt.nextAt),
      claimed_until: new Date(claim.until),
    })
    .where("id", "=", id)
    .where("state", "=", "waiting")
    .where("claimed_by", "=", claim.server)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * A notification will never be delivered. Answers what the log said before it was decided on, and
 * whether a newer one of the same integration and group has been decided on since.
 */
export async function markFailed(
  tx: Tx,
  id: string,
  at: number,
  failure: { readonly attempts: number; readonly error: string },
): Promise<{ readonly logBefore: LogEntry | undefined; readonly superseded: boolean } | undefined> {
  const row = await tx
    .updateTable("notifications")
    .set({
      state: "failed",
      failed_at: new Date(at),
      attempts: failure.attempts,
      error: JSON.stringify(failure.error),
    })
    .where("id", "=", id)
    .where("state", "=", "waiting")
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const newer = await tx
    .selectFrom("notifications")
    .select("id")
    .where("group_id", "=", row.group_id)
    .where("integration", "=", row.integration)
    .where("index", "=", row.index)
    .where("id", ">", id)
    .limit(1)
    .executeTakeFirst();
  return {
    logBefore: row.log_before === null ? undefined : (JSON.parse(row.log_before) as LogEntry),
    superseded: newer !== undefined,
  };
}

/** Notes that somebody else is told in the receiver's stead. False when that was noted before. */
export async function markEscalated(tx: Tx, id: string, at: number): Promise<boolean> {
  const row = await tx
    .updateTable("notifications")
    .set({ escalated_at: new Date(at) })
    .where("id", "=", id)
    .where("escalated_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** The newest notifications, newest first. */
export async function listNotificationRecords(
  db: Db,
  limit: number,
): Promise<readonly NotificationRecord[]> {
  const rows = await db
    .selectFrom("notifications")
    .selectAll()
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return rows.map(toRecord);
}

/** The notification that reached a receiver last. */
export async function lastSentNotification(db: Db): Promise<NotificationRecord | undefined> {
  const row = await db
    .selectFrom("notifications")
    .selectAll()
    .where("sent_at", "is not", null)
    .orderBy("sent_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && toRecord(row);
}

/** Forgets notifications that were decided on before `before` and do not wait any more. */
export async function deleteOldNotifications(db: Db, before: number): Promise<void> {
  await db
    .deleteFrom("notifications")
    .where("decided_at", "<", new Date(before))
    .where("state", "<>", "waiting")
    .execute();
}
