import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { Labels } from "../../model/index.ts";
import type { IntegrationId, LogEntry } from "./notification-log.ts";
import type { Db, Tx } from "./records.ts";
import { recordset } from "./recordset.ts";
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
 * Writes notifications into the outbox, claimed by the server that decided on them. Their groups must
 * be locked. Answers those that are to be sent now: where an older one of the same integration and group
 * is in another server's hands or in nobody's, the new one waits for `claimNotifications`, so that order
 * is kept.
 */
export async function insertNotifications(
  tx: Tx,
  notifications: readonly NewNotification[],
): Promise<readonly WaitingNotification[]> {
  if (notifications.length === 0) return [];
  const groups = notifications.map(({ groupId }) => groupId);
  const integrations = notifications.map(({ integration }) => integration);
  const indexes = notifications.map(({ index }) => index);
  const servers = notifications.map(({ claim }) => claim.server);
  // The numbers are drawn first because the keys are made from them.
  const { rows: drawn } = await sql<{ id: string; blocked: boolean }>`
    select nextval(pg_get_serial_sequence('notifications', 'id'))::text as id, exists (
      select from notifications n where n.group_id = t.group_id and n.integration = t.integration
        and n.index = t.index and n.state = 'waiting' and n.claimed_by is distinct from t.server
    ) as blocked
    from unnest(${groups}::bytea[], ${integrations}::text[], ${indexes}::int[], ${servers}::text[])
      with ordinality as t (group_id, integration, index, server, place)
    order by t.place`.execute(tx);
  const rows = notifications.map((notification, place) => {
    const { id, blocked } = drawn[place] as { id: string; blocked: boolean };
    return rowOf(notification, id, blocked ? undefined : notification.claim);
  });
  const names = sql.raw(Object.keys(COLUMNS).join(", "));
  await sql`
    insert into notifications (${names}) select ${names} from ${recordset(rows, COLUMNS)}`.execute(
    tx,
  );
  return notifications
    .flatMap((notification, place) => {
      const row = rows[place];
      return row === undefined || row.claimed_by === null ? [] : [waitingOf(notification, row)];
    })
    .sort(byNumber);
}

function waitingOf(
  notification: NewNotification,
  row: { readonly id: string; readonly idempotency_key: string },
): WaitingNotification {
  const { groupId, receiver, integration, index, status, payload, decidedAt } = notification;
  return {
    groupId,
    receiver,
    integration,
    index,
    status,
    payload,
    decidedAt,
    id: row.id,
    idempotencyKey: row.idempotency_key,
    attempts: 0,
    nextAttemptAt: decidedAt,
    claimedUntil: notification.claim.until,
  };
}

const COLUMNS = {
  id: "bigint",
  idempotency_key: "text",
  group_id: "bytea",
  receiver: "text",
  integration: "text",
  index: "int",
  status: "text",
  payload: "text",
  group_labels: "text",
  alerts: "int",
  fingerprints: "text[]",
  decided_at: "timestamptz",
  log_before: "text",
  next_attempt_at: "timestamptz",
  claimed_by: "text",
  claimed_until: "timestamptz",
} as const;

function rowOf(notification: NewNotification, id: string, claim: Claim | undefined) {
  const { groupId, integration, index, logBefore } = notification;
  return {
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
    fingerprints: notification.firing,
    decided_at: new Date(notification.decidedAt),
    log_before: logBefore === undefined ? null : JSON.stringify(logBefore),
    next_attempt_at: new Date(notification.decidedAt),
    claimed_by: claim?.server ?? null,
    claimed_until: claim === undefined ? null : new Date(claim.until),
  };
}

function byNumber(a: WaitingNotification, b: WaitingNotification): number {
  return BigInt(a.id) < BigInt(b.id) ? -1 : 1;
}

/** An integration's place in a group. */
export interface PlacedIntegration extends IntegrationId {
  readonly groupId: Buffer;
}

/** How `waitingAmong` names an integration's place in a group. */
export function waitingKey({ groupId, integration, index }: PlacedIntegration): string {
  return `${groupId.toString("hex")}/${integration}/${index}`;
}

/** Those of the places for which a notification has been decided on and not yet sent. */
export async function waitingAmong(
  db: Db,
  places: readonly PlacedIntegration[],
): Promise<ReadonlySet<string>> {
  if (places.length === 0) return new Set();
  const rows = await db
    .selectFrom("notifications")
    .select(["group_id", "integration", "index"])
    .distinct()
    .where(sql<boolean>`group_id = any(${places.map(({ groupId }) => groupId)}::bytea[])`)
    .where("state", "=", "waiting")
    .execute();
  return new Set(rows.map(({ group_id, ...id }) => waitingKey({ groupId: group_id, ...id })));
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
    return rows.map(toWaiting).sort(byNumber);
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

/** A delivery that has succeeded. */
export interface SentNotification {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly attempts: number;
}

/** Notifications have been delivered. */
export async function markSent(tx: Tx, sent: readonly SentNotification[]): Promise<void> {
  const ids = sent.map(({ id }) => id);
  const times = sent.map(({ at }) => new Date(at));
  const attempts = sent.map((one) => one.attempts);
  await sql`
    update notifications n set state = 'sent', sent_at = t.at, attempts = t.attempts, error = null
    from unnest(${ids}::bigint[], ${times}::timestamptz[], ${attempts}::int[]) as t (id, at, attempts)
    where n.id = t.id`.execute(tx);
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
