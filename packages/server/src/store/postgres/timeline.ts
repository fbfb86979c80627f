import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { TimelineDetail, TimelineKind } from "../../model/index.ts";
import type { Db, Tx } from "./records.ts";
import { storableJson, storableText } from "./storable-text.ts";
import type { IncidentTables } from "./tables/incidents.ts";

/** Rows in one insert: PostgreSQL takes at most 65,535 parameters in a statement. */
const CHUNK = 1000;

/** One line of an incident's history. */
export interface TimelineRecord {
  readonly id: string;
  readonly incidentId: string;
  readonly at: Date;
  readonly kind: TimelineKind;
  readonly actor: string;
  readonly text: string;
  readonly detail?: TimelineDetail | null;
}

const toEntry = (row: Selectable<IncidentTables["incident_timeline"]>): TimelineRecord => ({
  id: row.id,
  incidentId: row.incident_id,
  at: row.at,
  kind: row.kind,
  actor: row.actor,
  text: row.text,
  detail: row.detail as TimelineDetail | null,
});

/** Appends to incidents' timelines, in the given order; answers the entries' ids in it. */
export async function addTimeline(
  tx: Tx,
  entries: readonly Omit<TimelineRecord, "id">[],
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let start = 0; start < entries.length; start += CHUNK) {
    const rows = await tx
      .insertInto("incident_timeline")
      .values(
        entries.slice(start, start + CHUNK).map((entry) => ({
          incident_id: entry.incidentId,
          at: entry.at,
          kind: entry.kind,
          actor: entry.actor,
          text: storableText(entry.text),
          detail:
            entry.detail === undefined || entry.detail === null ? null : storableJson(entry.detail),
        })),
      )
      .returning("id")
      .execute();
    ids.push(...rows.map(({ id }) => id));
  }
  await follow(tx, entries, ids);
  return ids;
}

/** What those who are kept informed of an incident are told of soon. */
export const NEWS_KINDS = [
  "acknowledged",
  "state_changed",
  "severity_raised",
  "severity_set",
  "status_update",
  "merged",
  "split",
  "resolved",
  "reopened",
] as const satisfies readonly TimelineKind[];

/** What stands in what they are told: notes as well, which alone are no reason to write to anybody. */
export const TOLD_KINDS = [...NEWS_KINDS, "comment"] as const satisfies readonly TimelineKind[];

const isNews = (kind: TimelineKind) => (NEWS_KINDS as readonly TimelineKind[]).includes(kind);

/** When a message goes out, so that a busy incident is told in few: seconds. */
const NEWS_AFTER = { first: 30, last: 300 } as const;

/** Whoever does something in an incident is kept informed of it; what is news is told to all who are. */
async function follow(
  tx: Tx,
  entries: readonly Omit<TimelineRecord, "id">[],
  ids: readonly string[],
): Promise<void> {
  const acting = entries.flatMap((entry, place) =>
    entry.actor.includes("@") ? [{ ...entry, id: ids[place] ?? "0" }] : [],
  );
  if (acting.length > 0) {
    await sql`
      insert into incident_subscribers (incident_id, user_id, told_entry)
      select acting.incident_id, users.id, max(acting.id)
      from unnest(${acting.map(({ incidentId }) => incidentId)}::uuid[],
        ${acting.map(({ actor }) => storableText(actor))}::text[],
        ${acting.map(({ id }) => id)}::bigint[]) as acting (incident_id, email, id)
      join users on users.email = acting.email
      group by 1, 2 on conflict do nothing`.execute(tx);
  }
  const news = entries.flatMap((entry, place) =>
    isNews(entry.kind) ? [{ ...entry, id: ids[place] ?? "0" }] : [],
  );
  const latest = news.at(-1);
  if (latest === undefined) return;
  const [actor, ...others] = new Set(news.map((entry) => entry.actor));
  await queueNews(tx, {
    incidentIds: [...new Set(news.map(({ incidentId }) => incidentId))],
    at: new Date(Math.max(...news.map(({ at }) => at.getTime()))),
    latest: latest.id,
    ...(others.length === 0 && actor !== undefined ? { except: actor } : {}),
  });
}

/**
 * Has the subscribers of incidents told of what is new, each in one message that waits for more. One that
 * waits is written without a change: whoever settles it meanwhile waits for this transaction, and then
 * sees that there is more to tell.
 */
export async function queueNews(
  tx: Tx,
  news: {
    readonly incidentIds: readonly string[];
    readonly at: Date;
    /** The newest entry: who knows of it is not told. */
    readonly latest: string;
    /** Who did it, and knows. */
    readonly except?: string;
  },
): Promise<void> {
  const { first, last } = NEWS_AFTER;
  await sql`
    insert into incident_news (subscriber_id, state, attempts, next_at, created_at)
    select subscriber.id, 'waiting', 0,
      greatest(${news.at}::timestamptz + make_interval(secs => ${first}),
        (select max(before.sent_at) + make_interval(secs => ${last}) from incident_news before
          where before.subscriber_id = subscriber.id)),
      ${news.at}
    from incident_subscribers subscriber join users on users.id = subscriber.user_id
    where subscriber.incident_id = any(${[...news.incidentIds]}::uuid[])
      and not subscriber.muted and subscriber.told_entry < ${news.latest}::bigint
      and users.email <> ${news.except ?? ""}
    order by subscriber.id
    on conflict (subscriber_id) where state = 'waiting' do update
      set next_at = incident_news.next_at`.execute(tx);
}

/** One entry of an incident's timeline. */
export async function findTimelineEntry(
  db: Db,
  incidentId: string,
  entryId: string,
): Promise<TimelineRecord | undefined> {
  const row = await db
    .selectFrom("incident_timeline")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .where("id", "=", entryId)
    .executeTakeFirst();
  return row === undefined ? undefined : toEntry(row);
}

/** Takes an entry off its timeline, with the pictures below it. */
export async function removeTimelineEntry(tx: Tx, entryId: string): Promise<void> {
  await tx.deleteFrom("incident_timeline").where("id", "=", entryId).execute();
}

/** An incident's history, oldest first. */
export async function timelineOfIncident(
  db: Db,
  incidentId: string,
): Promise<readonly TimelineRecord[]> {
  const rows = await db
    .selectFrom("incident_timeline")
    .selectAll()
    .where("incident_id", "=", incidentId)
    // What is learnt of later (a deploy, another incident's history) stands where it happened.
    .orderBy("at")
    .orderBy("id")
    .execute();
  return rows.map(toEntry);
}

/** What was written into an incident's history after one entry and up to another, by others than one person. */
export async function timelineBetween(
  db: Db,
  incidentId: string,
  wanted: {
    readonly after: string;
    readonly upto: string;
    readonly kinds: readonly TimelineKind[];
    readonly except: string;
  },
): Promise<readonly TimelineRecord[]> {
  const rows = await db
    .selectFrom("incident_timeline")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .where("id", ">", wanted.after)
    .where("id", "<=", wanted.upto)
    .where("kind", "in", [...wanted.kinds])
    .where("actor", "!=", wanted.except)
    .orderBy("at")
    .orderBy("id")
    .execute();
  return rows.map(toEntry);
}
