import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { TimelineDetail } from "../../model/index.ts";
import { findIncident } from "./incidents.ts";
import type { IncidentSummaryRecord } from "./incidents.ts";
import type { Db, Tx } from "./records.ts";
import { storableText } from "./storable-text.ts";
import type { ChatTables } from "./tables/chat.ts";
import type { TimelineRecord } from "./timeline.ts";

/** What is said about an incident in a chat. */
export interface ConversationRecord {
  readonly incidentId: string;
  readonly place: string;
  /** The incident's own channel, if it has one. */
  readonly channel: string | null;
  readonly channelName: string | null;
  /** The name of a channel that was asked for, where the answer is not known. */
  readonly creating: string | null;
  /** Where it is announced beside others, and the message there. */
  readonly commonChannel: string | null;
  readonly announcedTs: string | null;
  /** The message at the head of the own channel. */
  readonly headlineTs: string | null;
  /** A digest of what these messages say. */
  readonly shown: string | null;
  readonly invited: readonly string[];
  readonly closed: boolean;
  /** Failures in a row. */
  readonly attempts: number;
}

/** What of a conversation changes while it is worked on. */
export type ConversationChange = Partial<
  Omit<ConversationRecord, "incidentId" | "place" | "attempts">
>;

/** A message of ours that the chat has not confirmed yet. */
export interface SendingPost {
  readonly id: string;
  readonly kind: string;
  readonly createdAt: Date;
}

/** How a chat does. Times are null for never. */
export interface PlaceRecord {
  readonly sentAt: Date | null;
  readonly heardAt: Date | null;
  readonly failedAt: Date | null;
  readonly error: string | null;
  /** Conversations that have failed at least once since they last worked. */
  readonly failing: number;
}

const toConversation = (row: Selectable<ChatTables["chat_conversations"]>): ConversationRecord => ({
  incidentId: row.incident_id,
  place: row.place,
  channel: row.channel,
  channelName: row.channel_name,
  creating: row.creating,
  commonChannel: row.common_channel,
  announcedTs: row.announced_ts,
  headlineTs: row.headline_ts,
  shown: row.shown,
  invited: row.invited,
  closed: row.closed,
  attempts: row.attempts,
});

/** A digest of what the messages at the head of a conversation say. */
const SHOWN = sql<string>`md5(concat_ws(chr(10), i.state, i.severity, i.title, i.acknowledged_by))`;

/** Begins to tell a chat of incidents: of those that are opened from now on. */
export async function ensurePlace(db: Db, place: string, now: Date): Promise<void> {
  await db
    .insertInto("chat_places")
    .values({ place, since: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/**
 * Begins conversations about incidents of these severities that have none yet, were opened since the
 * chat is told, and are not long over.
 */
export async function beginConversations(
  db: Db,
  place: string,
  severities: readonly string[],
  { now, overSince }: { readonly now: Date; readonly overSince: Date },
): Promise<void> {
  await sql`
    insert into chat_conversations (incident_id, place, next_at)
    select i.id, p.place, ${now} from incidents i join chat_places p on p.place = ${place}
    where i.opened_at >= p.since and i.severity = any(${[...severities]})
      and (i.resolved_at is null or i.resolved_at > ${overSince})
      and not exists (
        select from chat_conversations c where c.incident_id = i.id and c.place = p.place)
    on conflict do nothing`.execute(db);
}

/**
 * Takes conversations of a chat in hand in which something is to be said, or which end: incidents that
 * were resolved before `endedBefore`. Nobody else works on them before `until`.
 */
export async function claimConversations(
  db: Db,
  place: string,
  claim: {
    readonly now: Date;
    readonly until: Date;
    readonly endedBefore: Date;
    readonly limit: number;
  },
): Promise<readonly string[]> {
  const { rows } = await sql<{ incident_id: string }>`
    update chat_conversations c set claimed_until = ${claim.until}
    where c.place = ${place} and c.incident_id in (
      select d.incident_id from chat_conversations d join incidents i on i.id = d.incident_id
      where d.place = ${place} and d.next_at <= ${claim.now}
        and (d.claimed_until is null or d.claimed_until <= ${claim.now})
        and case when d.closed then i.state <> 'resolved' else
          d.shown is distinct from ${SHOWN}
          or i.resolved_at <= ${claim.endedBefore}
          or exists (select from chat_posts s
            where s.incident_id = d.incident_id and s.place = d.place and s.state = 'sending')
          or exists (select from incident_timeline t where t.incident_id = d.incident_id
            and not exists (select from chat_post_entries e
              where e.entry_id = t.id and e.place = d.place)) end
      order by d.next_at limit ${claim.limit} for update of d skip locked)
    returning c.incident_id`.execute(db);
  return rows.map((row) => row.incident_id);
}

/** A conversation with its incident as it is now, and the digest of what its head should say. */
export async function readConversation(
  db: Db,
  incidentId: string,
  place: string,
): Promise<
  | {
      readonly conversation: ConversationRecord;
      readonly incident: IncidentSummaryRecord;
      readonly toShow: string;
    }
  | undefined
> {
  // The digest first: what changes after it makes the conversation due again.
  const { rows } = await sql<{ shown: string }>`
    select ${SHOWN} as shown from incidents i where i.id = ${incidentId}`.execute(db);
  const incident = await findIncident(db, { id: incidentId });
  const row = await db
    .selectFrom("chat_conversations")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .where("place", "=", place)
    .executeTakeFirst();
  const [digest] = rows;
  if (digest === undefined || incident === undefined || row === undefined) return undefined;
  return { conversation: toConversation(row), incident, toShow: digest.shown };
}

/** Writes what has changed of a conversation. */
export async function changeConversation(
  db: Db,
  { incidentId, place }: Pick<ConversationRecord, "incidentId" | "place">,
  change: ConversationChange,
): Promise<void> {
  const columns = {
    channel: change.channel,
    channel_name: change.channelName,
    creating: change.creating,
    common_channel: change.commonChannel,
    announced_ts: change.announcedTs,
    headline_ts: change.headlineTs,
    shown: change.shown,
    invited: change.invited === undefined ? undefined : [...change.invited],
    closed: change.closed,
  };
  const given = Object.fromEntries(
    Object.entries(columns).filter(([, value]) => value !== undefined),
  );
  if (Object.keys(given).length === 0) return;
  await db
    .updateTable("chat_conversations")
    .set(given)
    .where("incident_id", "=", incidentId)
    .where("place", "=", place)
    .execute();
}

/** Lets go of a conversation until `nextAt`: all was said, or it is tried again because of `error`. */
export async function releaseConversation(
  db: Db,
  { incidentId, place }: Pick<ConversationRecord, "incidentId" | "place">,
  outcome: { readonly at: Date; readonly error: string | null; readonly nextAt: Date },
): Promise<void> {
  const error = outcome.error === null ? null : storableText(outcome.error);
  await db
    .updateTable("chat_conversations")
    .set((update) => ({
      claimed_until: null,
      error,
      next_at: outcome.nextAt,
      attempts: error === null ? 0 : update("attempts", "+", 1),
    }))
    .where("incident_id", "=", incidentId)
    .where("place", "=", place)
    .execute();
  if (error !== null) await notePlace(db, place, { failed_at: outcome.at, error });
}

/** When a conversation that has failed is tried again, if one is. */
export async function nextConversationAt(
  db: Db,
  places: readonly string[],
  now: Date,
): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(greatest(next_at, coalesce(claimed_until, next_at))) as at
    from chat_conversations where place = any(${[...places]}) and not closed
      and (next_at > ${now} or claimed_until > ${now})`.execute(db);
  return rows[0]?.at ?? null;
}

/** The timeline's entries that a chat has not been told, oldest first. */
export async function untoldEntries(
  db: Db,
  incidentId: string,
  place: string,
  limit: number,
): Promise<readonly TimelineRecord[]> {
  const { rows } = await sql<EntryRow>`
    select t.id, t.incident_id, t.at, t.kind, t.actor, t.text, t.detail
    from incident_timeline t
    where t.incident_id = ${incidentId} and not exists (
      select from chat_post_entries e where e.entry_id = t.id and e.place = ${place})
    order by t.id limit ${limit}`.execute(db);
  return rows.map(toEntry);
}

/** What a post tells of the timeline. */
export async function entriesOfPost(db: Db, postId: string): Promise<readonly TimelineRecord[]> {
  const { rows } = await sql<EntryRow>`
    select t.id, t.incident_id, t.at, t.kind, t.actor, t.text, t.detail
    from incident_timeline t
    join chat_post_entries e on e.entry_id = t.id where e.post_id = ${postId}
    order by t.id`.execute(db);
  return rows.map(toEntry);
}

interface EntryRow {
  readonly id: string;
  readonly incident_id: string;
  readonly at: Date;
  readonly kind: TimelineRecord["kind"];
  readonly actor: string;
  readonly text: string;
  readonly detail: TimelineDetail | null;
}

const toEntry = ({ incident_id: incidentId, ...row }: EntryRow): TimelineRecord => ({
  ...row,
  incidentId,
});

/** The post of a kind that was begun and not confirmed, if there is one. */
export async function sendingPost(
  db: Db,
  { incidentId, place }: Pick<ConversationRecord, "incidentId" | "place">,
  kind: string,
): Promise<SendingPost | undefined> {
  const row = await db
    .selectFrom("chat_posts")
    .select(["id", "kind", "created_at"])
    .where("incident_id", "=", incidentId)
    .where("place", "=", place)
    .where("kind", "=", kind)
    .where("state", "=", "sending")
    .executeTakeFirst();
  return row && { id: row.id, kind: row.kind, createdAt: row.created_at };
}

/** Remembers a post before it is sent, with the timeline's entries that it tells. */
export async function beginPost(
  tx: Tx,
  { incidentId, place }: Pick<ConversationRecord, "incidentId" | "place">,
  post: SendingPost,
  entryIds: readonly string[],
): Promise<void> {
  await tx
    .insertInto("chat_posts")
    .values({
      id: post.id,
      incident_id: incidentId,
      place,
      kind: post.kind,
      state: "sending",
      created_at: post.createdAt,
    })
    .execute();
  if (entryIds.length === 0) return;
  await sql`
    insert into chat_post_entries (entry_id, place, post_id)
    select id, ${place}, ${post.id} from unnest(${[...entryIds]}::bigint[]) as t (id)
    on conflict do nothing`.execute(tx);
}

/** Remembers that a post is there, and what it changes of the conversation. */
export async function confirmPost(
  tx: Tx,
  conversation: Pick<ConversationRecord, "incidentId" | "place">,
  post: { readonly id: string; readonly ts: string; readonly at: Date },
  change: ConversationChange,
): Promise<void> {
  await tx
    .updateTable("chat_posts")
    .set({ state: "sent", ts: storableText(post.ts) })
    .where("id", "=", post.id)
    .execute();
  await changeConversation(tx, conversation, change);
  await notePlace(tx, conversation.place, { sent_at: post.at, error: null });
}

/** Remembers how a chat does. */
export async function notePlace(
  db: Db,
  place: string,
  news: Partial<Pick<ChatTables["chat_places"], "sent_at" | "heard_at" | "failed_at" | "error">>,
): Promise<void> {
  await db.updateTable("chat_places").set(news).where("place", "=", place).execute();
}

/** How a chat does. */
export async function findPlace(db: Db, place: string): Promise<PlaceRecord | undefined> {
  const { rows } = await sql<{
    sent_at: Date | null;
    heard_at: Date | null;
    failed_at: Date | null;
    error: string | null;
    failing: number;
  }>`
    select p.sent_at, p.heard_at, p.failed_at, p.error, (
      select count(*)::int from chat_conversations c
      where c.place = p.place and c.attempts > 0 and not c.closed) as failing
    from chat_places p where p.place = ${place}`.execute(db);
  const [row] = rows;
  return (
    row && {
      sentAt: row.sent_at,
      heardAt: row.heard_at,
      failedAt: row.failed_at,
      error: row.error,
      failing: row.failing,
    }
  );
}

/** The incident whose own channel this is, or whose announcement this thread hangs on. */
export async function incidentOfChannel(
  db: Db,
  place: string,
  channel: string,
  thread: string | undefined,
): Promise<string | undefined> {
  const row = await db
    .selectFrom("chat_conversations")
    .select("incident_id")
    .where("place", "=", place)
    .where((where) =>
      where.or([
        where("channel", "=", channel),
        ...(thread === undefined
          ? []
          : [
              where.and([
                where("common_channel", "=", channel),
                where("announced_ts", "=", thread),
              ]),
            ]),
      ]),
    )
    .executeTakeFirst();
  return row?.incident_id;
}

/**
 * Puts a person's message into the timeline, once however often it comes in; answers whether it was new.
 * The chat that it came from is not told of it again.
 */
export async function noteMessage(
  tx: Tx,
  message: {
    readonly place: string;
    readonly channel: string;
    readonly ts: string;
    readonly incidentId: string;
    readonly at: Date;
    readonly actor: string;
    readonly text: string;
  },
): Promise<boolean> {
  const { place, channel, ts, incidentId, at, actor, text } = message;
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("chat_messages")
    .values({ place, channel, ts, noted_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows !== 1n) return false;
  const { id } = await tx
    .insertInto("incident_timeline")
    .values({
      incident_id: incidentId,
      at,
      kind: "comment",
      actor: storableText(actor),
      text: storableText(text),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await tx.insertInto("chat_post_entries").values({ entry_id: id, place, post_id: null }).execute();
  return true;
}

/** Takes a signed request; answers whether it is the first of its signature. */
export async function takeRequest(db: Db, signature: string, now: Date): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("chat_requests")
    .values({ signature, taken_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Forgets requests that are too old to be taken again anyway. */
export async function forgetRequests(db: Db, before: Date): Promise<void> {
  await db.deleteFrom("chat_requests").where("taken_at", "<", before).execute();
}

/** The e-mails of people who are on an incident: who opened it, took it on, or was paged about it. */
export async function peopleOnIncident(db: Db, incidentId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ email: string }>`
    select distinct u.email from users u where u.id in (
      select p.user_id from person_pages p where p.incident_id = ${incidentId} and p.state = 'sent')
      or u.email in (
        select unnest(array[i.opened_by, i.acknowledged_by, i.resolved_by])
        from incidents i where i.id = ${incidentId})
    order by u.email limit 100`.execute(db);
  return rows.map(({ email }) => email);
}
