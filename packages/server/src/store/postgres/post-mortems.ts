import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { IncidentRecord } from "./incidents.ts";
import type { Db, Tx } from "./records.ts";
import { storableText } from "./storable-text.ts";
import type { PostMortemTables } from "./tables/post-mortems.ts";

type Row = Selectable<PostMortemTables["post_mortems"]>;
type ActionRow = Selectable<PostMortemTables["post_mortem_actions"]>;

/** A post-mortem's text and how far it has got. */
export interface PostMortemRecord {
  readonly incidentId: string;
  readonly body: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly updatedAt: Date;
  readonly updatedBy: string;
  readonly completedAt: Date | null;
  readonly completedBy: string | null;
  readonly publishedAt: Date | null;
}

/** Something that somebody will do, so that it does not happen again. */
export interface PostMortemActionRecord {
  readonly id: string;
  readonly incidentId: string;
  readonly text: string;
  readonly owner: string | null;
  /** `YYYY-MM-DD`. */
  readonly dueOn: string | null;
  readonly doneAt: Date | null;
  readonly doneBy: string | null;
  readonly createdAt: Date;
}

const toRecord = (row: Row): PostMortemRecord => ({
  incidentId: row.incident_id,
  body: row.body,
  version: row.version,
  createdAt: row.created_at,
  createdBy: row.created_by,
  updatedAt: row.updated_at,
  updatedBy: row.updated_by,
  completedAt: row.completed_at,
  completedBy: row.completed_by,
  publishedAt: row.published_at,
});

const toAction = (row: ActionRow): PostMortemActionRecord => ({
  id: row.id,
  incidentId: row.incident_id,
  text: row.text,
  owner: row.owner,
  dueOn: row.due_on,
  doneAt: row.done_at,
  doneBy: row.done_by,
  createdAt: row.created_at,
});

/** The post-mortem of an incident. */
export async function findPostMortem(
  db: Db,
  incidentId: string,
): Promise<PostMortemRecord | undefined> {
  const row = await db
    .selectFrom("post_mortems")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .executeTakeFirst();
  return row === undefined ? undefined : toRecord(row);
}

/** Begins a post-mortem; false when there is one. */
export async function addPostMortem(
  tx: Tx,
  given: { incidentId: string; body: string; at: Date; by: string },
): Promise<boolean> {
  const rows = await tx
    .insertInto("post_mortems")
    .values({
      incident_id: given.incidentId,
      body: storableText(given.body),
      version: 1,
      created_at: given.at,
      created_by: given.by,
      updated_at: given.at,
      updated_by: given.by,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("version")
    .execute();
  return rows.length > 0;
}

/** Puts a text in the place of the one with `version`; undefined when that is no longer the one. */
export async function replacePostMortem(
  tx: Tx,
  given: { incidentId: string; body: string; version: number; at: Date; by: string },
): Promise<PostMortemRecord | undefined> {
  const row = await tx
    .updateTable("post_mortems")
    .set({
      body: storableText(given.body),
      version: given.version + 1,
      updated_at: given.at,
      updated_by: given.by,
    })
    .where("incident_id", "=", given.incidentId)
    .where("version", "=", given.version)
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : toRecord(row);
}

/** Says that a post-mortem is complete, or not after all. */
export async function completePostMortem(
  tx: Tx,
  incidentId: string,
  completed: { readonly at: Date; readonly by: string } | null,
): Promise<void> {
  await tx
    .updateTable("post_mortems")
    .set({ completed_at: completed?.at ?? null, completed_by: completed?.by ?? null })
    .where("incident_id", "=", incidentId)
    .execute();
}

/** Gives a text to the public, or takes it back. */
export async function publishPostMortem(
  tx: Tx,
  incidentId: string,
  published: { readonly at: Date; readonly body: string } | null,
): Promise<void> {
  await tx
    .updateTable("post_mortems")
    .set({
      published_at: published?.at ?? null,
      published_body: published === null ? null : storableText(published.body),
    })
    .where("incident_id", "=", incidentId)
    .execute();
}

/** What the public may read about an incident: Markdown. */
export async function publishedPostMortem(
  db: Db,
  incidentId: string,
): Promise<{ readonly markdown: string; readonly publishedAt: Date } | undefined> {
  const row = await db
    .selectFrom("post_mortems")
    .select(["published_body", "published_at"])
    .where("incident_id", "=", incidentId)
    .executeTakeFirst();
  if (row === undefined || row.published_body === null || row.published_at === null)
    return undefined;
  return { markdown: row.published_body, publishedAt: row.published_at };
}

/** What is to be done after an incident, in the order in which it was written down. */
export async function actionsOfPostMortem(
  db: Db,
  incidentId: string,
): Promise<readonly PostMortemActionRecord[]> {
  const rows = await db
    .selectFrom("post_mortem_actions")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  return rows.map(toAction);
}

/** Adds an action, or writes it anew. */
export async function saveAction(tx: Tx, action: PostMortemActionRecord): Promise<void> {
  const changed = {
    text: storableText(action.text),
    owner: action.owner === null ? null : storableText(action.owner),
    due_on: action.dueOn,
    done_at: action.doneAt,
    done_by: action.doneBy,
  };
  await tx
    .insertInto("post_mortem_actions")
    .values({
      id: action.id,
      incident_id: action.incidentId,
      created_at: action.createdAt,
      ...changed,
    })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(changed))
    .execute();
}

/** Takes an action away. */
export async function removeAction(tx: Tx, incidentId: string, id: string): Promise<void> {
  await tx
    .deleteFrom("post_mortem_actions")
    .where("incident_id", "=", incidentId)
    .where("id", "=", id)
    .execute();
}

/** An ended incident and its post-mortem, if there is one. */
export interface PostMortemLine {
  readonly incidentId: string;
  readonly number: number;
  readonly title: string;
  readonly severity: IncidentRecord["severity"];
  readonly resolvedAt: Date;
  readonly completedAt: Date | null;
  readonly publishedAt: Date | null;
  /** Whether somebody has begun to write. */
  readonly begun: boolean;
}

/** Ended incidents of these severities, and any that has a post-mortem; the last to end first. */
export async function listPostMortems(
  db: Db,
  severities: readonly string[],
  limit: number,
): Promise<readonly PostMortemLine[]> {
  const rows = await db
    .selectFrom("incidents")
    .leftJoin("post_mortems", "post_mortems.incident_id", "incidents.id")
    .select([
      "incidents.id",
      "incidents.number",
      "incidents.title",
      "incidents.severity",
      "incidents.resolved_at",
      "post_mortems.completed_at",
      "post_mortems.published_at",
      "post_mortems.version",
    ])
    .where("incidents.resolved_at", "is not", null)
    .where(
      sql<boolean>`(incidents.severity = any(${[...severities]}::text[]) or post_mortems.version is not null)`,
    )
    .orderBy("incidents.resolved_at", "desc")
    .limit(limit)
    .execute();
  return rows.flatMap((row) =>
    row.resolved_at === null
      ? []
      : [
          {
            incidentId: row.id,
            number: row.number,
            title: row.title,
            severity: row.severity,
            resolvedAt: row.resolved_at,
            completedAt: row.completed_at,
            publishedAt: row.published_at,
            begun: row.version !== null,
          },
        ],
  );
}

/** Actions of all post-mortems: the open ones first, by when they are due. */
export async function listActions(
  db: Db,
  limit: number,
): Promise<
  readonly (PostMortemActionRecord & { readonly number: number; readonly title: string })[]
> {
  const rows = await db
    .selectFrom("post_mortem_actions")
    .innerJoin("incidents", "incidents.id", "post_mortem_actions.incident_id")
    .selectAll("post_mortem_actions")
    .select(["incidents.number", "incidents.title"])
    .orderBy(sql`post_mortem_actions.done_at is not null`)
    .orderBy(sql`post_mortem_actions.due_on asc nulls last`)
    .orderBy("post_mortem_actions.created_at", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...toAction(row), number: row.number, title: row.title }));
}

/** What became of the post-mortem of an incident. */
export interface PostMortemOutcome {
  readonly incidentId: string;
  readonly completedAt: Date | null;
  readonly actions: number;
  readonly actionsDone: number;
}

/** What became of the post-mortems of these incidents; those that nobody has begun are not in it. */
export async function postMortemOutcomes(
  db: Db,
  incidentIds: readonly string[],
): Promise<readonly PostMortemOutcome[]> {
  const { rows } = await sql<{
    incident_id: string;
    completed_at: Date | null;
    actions: number;
    done: number;
  }>`
    select p.incident_id, p.completed_at, count(a.incident_id)::int as actions,
      count(a.done_at)::int as done
    from post_mortems p left join post_mortem_actions a on a.incident_id = p.incident_id
    where p.incident_id = any(${[...incidentIds]}::uuid[])
    group by p.incident_id, p.completed_at`.execute(db);
  return rows.map((row) => ({
    incidentId: row.incident_id,
    completedAt: row.completed_at,
    actions: row.actions,
    actionsDone: row.done,
  }));
}
