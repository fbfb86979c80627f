import { sql } from "kysely";
import { findIncident } from "./incidents.ts";
import type { IncidentSummaryRecord } from "./incidents.ts";
import { claimDue, nextDueAt, settleAttempt } from "./outbox.ts";
import type { Attempted } from "./outbox.ts";
import type { Db, Tx } from "./records.ts";
import { NEWS_KINDS, queueNews, timelineBetween, TOLD_KINDS } from "./timeline.ts";
import type { TimelineRecord } from "./timeline.ts";
import { findUser } from "./users.ts";
import type { UserRecord } from "./users.ts";

/** A message to a subscriber that is due. */
export interface NewsRecord {
  readonly id: string;
  readonly subscriberId: string;
  readonly attempts: number;
}

/** Somebody who is kept informed of an incident, or was. */
export interface SubscriptionRecord {
  readonly id: string;
  readonly incident: IncidentSummaryRecord;
  readonly person: UserRecord;
  readonly muted: boolean;
}

/** Takes messages in hand that are due: nobody else sends them before `until`. */
export async function claimNews(
  db: Db,
  claim: { readonly now: Date; readonly until: Date; readonly limit: number },
): Promise<readonly NewsRecord[]> {
  const rows = await claimDue(db, "incident_news", claim);
  return rows.map(({ id, subscriber_id, attempts }) => ({
    id,
    subscriberId: subscriber_id,
    attempts,
  }));
}

/** When the next message is due; null when none is. */
export const nextNewsAt = (db: Db): Promise<Date | null> => nextDueAt(db, "incident_news");

/** The subscription of this id. */
export async function findSubscription(
  db: Db,
  id: string,
): Promise<SubscriptionRecord | undefined> {
  const row = await db
    .selectFrom("incident_subscribers")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const incident = await findIncident(db, { id: row.incident_id });
  const person = await findUser(db, row.user_id);
  if (incident === undefined || person === undefined) return undefined;
  return { id, incident, person, muted: row.muted };
}

/**
 * What a message tells of: what has happened since the subscriber was told last, up to the moment of its
 * first attempt, without what they did themselves.
 */
export async function entriesOfNews(
  db: Db,
  news: NewsRecord,
  { incident, person }: SubscriptionRecord,
): Promise<readonly TimelineRecord[]> {
  const { rows } = await sql<{ after: string; upto: string }>`
    update incident_news set upto_entry = coalesce(upto_entry,
      (select max(id) from incident_timeline where incident_id = ${incident.id}), 0)
    from incident_subscribers subscriber
    where incident_news.id = ${news.id} and subscriber.id = incident_news.subscriber_id
    returning subscriber.told_entry as after, upto_entry as upto`.execute(db);
  const [range] = rows;
  if (range === undefined) return [];
  return timelineBetween(db, incident.id, { ...range, kinds: TOLD_KINDS, except: person.email });
}

/** Remembers what became of an attempt; what has happened meanwhile waits for the next message. */
export async function settleNews(tx: Tx, news: NewsRecord, attempted: Attempted): Promise<void> {
  await settleAttempt(tx, "incident_news", news.id, attempted);
  if (attempted.state === "waiting") return;
  const { rows } = await sql<{ incident_id: string }>`
    update incident_subscribers set told_entry = greatest(told_entry, news.upto_entry)
    from incident_news news
    where news.id = ${news.id} and incident_subscribers.id = news.subscriber_id
      and news.upto_entry is not null
    returning incident_subscribers.incident_id`.execute(tx);
  const [told] = rows;
  if (told === undefined || attempted.state !== "sent") return;
  const { rows: later } = await sql<{ id: string }>`
    select entry.id from incident_timeline entry, incident_subscribers subscriber, users
    where subscriber.id = ${news.subscriberId} and users.id = subscriber.user_id
      and entry.incident_id = subscriber.incident_id and entry.id > subscriber.told_entry
      and entry.actor <> users.email and entry.kind = any(${[...NEWS_KINDS]}::text[])
    order by entry.id desc limit 1`.execute(tx);
  const [latest] = later;
  if (latest === undefined) return;
  await queueNews(tx, { incidentIds: [told.incident_id], at: attempted.at, latest: latest.id });
}

/** Ends a subscription; what they do does not begin it again. Answers whether that is new. */
export async function muteSubscription(tx: Tx, id: string): Promise<boolean> {
  await tx
    .deleteFrom("incident_news")
    .where("subscriber_id", "=", id)
    .where("state", "=", "waiting")
    .execute();
  const { numUpdatedRows } = await tx
    .updateTable("incident_subscribers")
    .set({ muted: true })
    .where("id", "=", id)
    .where("muted", "=", false)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
