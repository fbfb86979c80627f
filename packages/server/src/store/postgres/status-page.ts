import { sql } from "kysely";
import type { Selectable } from "kysely";
import type {
  ComponentDraft,
  ComponentOverride,
  ComponentState,
  PostState,
  StatusImpact,
  StatusPageAccess,
  StatusPageSettings,
} from "../../model/index.ts";
import type { Db, Tx } from "./records.ts";
import { storableJson, storableText } from "./storable-text.ts";
import type { StatusPageTables } from "./tables/status-page.ts";

/** The page itself. Times here and below are milliseconds since 1970. */
export interface StatusPageRecord {
  readonly settings: StatusPageSettings;
  readonly access: StatusPageAccess;
  readonly logo: { readonly type: string; readonly bytes: Buffer } | null;
  readonly version: number;
  readonly updatedAt: number;
}

/** A component with what is known and shown of it. */
export interface StatusComponentRecord extends ComponentDraft {
  readonly id: string;
  /** What its source says; null while it says nothing. */
  readonly autoState: ComponentState | null;
  readonly autoNote: string;
  readonly override: ComponentOverride | null;
  /** What is shown, and why. */
  readonly state: ComponentState;
  readonly note: string;
  readonly stateSince: number;
  readonly createdAt: number;
  readonly version: number;
}

export interface StatusUpdateRecord {
  readonly id: string;
  readonly postId: string;
  readonly state: PostState;
  readonly body: string;
  readonly at: number;
  readonly createdBy: string;
}

/** An incident or planned maintenance, as visitors are told of it. */
export interface StatusPostRecord {
  readonly id: string;
  readonly kind: "incident" | "maintenance";
  readonly title: string;
  readonly impact: StatusImpact;
  readonly state: PostState;
  readonly incidentId: string | null;
  readonly components: readonly { readonly id: string; readonly state: ComponentState }[];
  readonly startsAt: number | null;
  readonly endsAt: number | null;
  readonly resolvedAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What a probe found on one day, UTC. */
export interface StatusDayRecord {
  readonly componentId: string;
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly knownMs: number;
  readonly upMs: number;
  readonly untilAt: number;
}

const ms = (at: Date | null): number | null => (at === null ? null : at.getTime());
const date = (at: number | null): Date | null => (at === null ? null : new Date(at));

const toComponent = (row: Selectable<StatusPageTables["status_components"]>) =>
  ({
    ...(row.definition as ComponentDraft),
    id: row.id,
    autoState: row.auto_state as ComponentState | null,
    autoNote: row.auto_note,
    override: row.override as ComponentOverride | null,
    state: row.state as ComponentState,
    note: row.note,
    stateSince: row.state_since.getTime(),
    createdAt: row.created_at.getTime(),
    version: row.version,
  }) satisfies StatusComponentRecord;

const toPost = (row: Selectable<StatusPageTables["status_posts"]>): StatusPostRecord => ({
  id: row.id,
  kind: row.kind,
  title: row.title,
  impact: row.impact as StatusImpact,
  state: row.state as PostState,
  incidentId: row.incident_id,
  components: row.components as StatusPostRecord["components"],
  startsAt: ms(row.starts_at),
  endsAt: ms(row.ends_at),
  resolvedAt: ms(row.resolved_at),
  createdAt: row.created_at.getTime(),
  updatedAt: row.updated_at.getTime(),
});

const toUpdate = (row: Selectable<StatusPageTables["status_updates"]>): StatusUpdateRecord => ({
  id: row.id,
  postId: row.post_id,
  state: row.state as PostState,
  body: row.body,
  at: row.at.getTime(),
  createdBy: row.created_by,
});

/** Makes the page where there is none. */
export async function ensureStatusPage(
  db: Db,
  settings: StatusPageSettings,
  at: number,
): Promise<void> {
  await db
    .insertInto("status_page")
    .values({
      id: 1,
      settings: storableJson(settings),
      access: storableJson({ kind: "public" }),
      logo: null,
      logo_type: null,
      version: 1,
      updated_at: new Date(at),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Counts every change of the page; undefined where there is no page yet. */
export async function statusPageRevision(db: Db): Promise<string | undefined> {
  const row = await db.selectFrom("status_page").select("revision").executeTakeFirst();
  return row?.revision;
}

/** Holds the page until the transaction ends, and counts the change: one writer at a time. */
export async function touchStatusPage(tx: Tx): Promise<void> {
  await tx
    .updateTable("status_page")
    .set((update) => ({ revision: sql<string>`${update.ref("revision")} + 1` }))
    .execute();
}

export async function readStatusPage(db: Db): Promise<StatusPageRecord | undefined> {
  const row = await db.selectFrom("status_page").selectAll().executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    settings: row.settings as StatusPageSettings,
    access: row.access as StatusPageAccess,
    logo: row.logo === null ? null : { type: row.logo_type ?? "", bytes: row.logo },
    version: row.version,
    updatedAt: row.updated_at.getTime(),
  };
}

/** Writes the page over the version before it; answers false when somebody else has changed it. */
export async function saveStatusPage(tx: Tx, page: StatusPageRecord): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("status_page")
    .set({
      settings: storableJson(page.settings),
      access: storableJson(page.access),
      logo: page.logo?.bytes ?? null,
      logo_type: page.logo?.type ?? null,
      version: page.version,
      updated_at: new Date(page.updatedAt),
    })
    .where("version", "=", page.version - 1)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** The components in the order in which they are shown. */
export async function listStatusComponents(db: Db): Promise<readonly StatusComponentRecord[]> {
  const rows = await db
    .selectFrom("status_components")
    .selectAll()
    .orderBy(sql`(definition ->> 'position')::integer`)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  return rows.map(toComponent);
}

/** Writes a component, new or changed. Throws PostgreSQL's 23505 for a name that is taken. */
export async function putStatusComponent(tx: Tx, component: StatusComponentRecord): Promise<void> {
  const { name, description, group, position, source, dependsOn, showUptime } = component;
  const draft = { name, description, group, position, source, dependsOn, showUptime };
  const row = {
    definition: storableJson(draft),
    auto_state: component.autoState,
    auto_note: storableText(component.autoNote),
    override: component.override === null ? null : storableJson(component.override),
    state: component.state,
    note: storableText(component.note),
    state_since: new Date(component.stateSince),
    version: component.version,
  };
  await tx
    .insertInto("status_components")
    .values({ id: component.id, created_at: new Date(component.createdAt), ...row })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
}

export async function deleteStatusComponent(tx: Tx, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("status_components")
    .where("id", "=", id)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Remembers what a component is shown as from now on. */
export async function addStatusChange(
  tx: Tx,
  componentId: string,
  at: number,
  state: ComponentState,
): Promise<void> {
  await tx
    .insertInto("status_changes")
    .values({ component_id: componentId, at: new Date(at), state })
    .onConflict((conflict) => conflict.columns(["component_id", "at"]).doUpdateSet({ state }))
    .execute();
}

/** What was shown when, oldest first: since `since`, and the last change before it. */
export async function listStatusChanges(
  db: Db,
  since: number,
): Promise<
  readonly { readonly componentId: string; readonly at: number; readonly state: ComponentState }[]
> {
  const { rows } = await sql<{ component_id: string; at: Date; state: ComponentState }>`
    select component_id, at, state from status_changes c
    where at >= coalesce((select max(at) from status_changes b
      where b.component_id = c.component_id and b.at <= ${new Date(since)}), '-infinity')
    order by at`.execute(db);
  return rows.map((row) => ({
    componentId: row.component_id,
    at: row.at.getTime(),
    state: row.state,
  }));
}

/** Says that somebody looks now; a silence of more than `gap` ms before it is a time of not knowing. */
export async function noteStatusWatched(tx: Tx, at: number, gap: number): Promise<void> {
  const now = new Date(at);
  const { numUpdatedRows } = await tx
    .updateTable("status_watched")
    .set({ until_at: now })
    .where("id", "=", (query) =>
      query.selectFrom("status_watched").select("id").orderBy("id", "desc").limit(1),
    )
    .where("until_at", ">=", new Date(at - gap))
    .executeTakeFirst();
  if (numUpdatedRows > 0n) return;
  await tx.insertInto("status_watched").values({ started_at: now, until_at: now }).execute();
}

/** When somebody looked, oldest first. */
export async function listStatusWatched(
  db: Db,
  since: number,
): Promise<readonly { readonly from: number; readonly to: number }[]> {
  const rows = await db
    .selectFrom("status_watched")
    .selectAll()
    .where("until_at", ">=", new Date(since))
    .orderBy("id")
    .execute();
  return rows.map((row) => ({ from: row.started_at.getTime(), to: row.until_at.getTime() }));
}

export async function putStatusDays(tx: Tx, days: readonly StatusDayRecord[]): Promise<void> {
  if (days.length === 0) return;
  await tx
    .insertInto("status_days")
    .values(
      days.map((day) => ({
        component_id: day.componentId,
        day: day.day,
        known_ms: Math.round(day.knownMs),
        up_ms: Math.round(day.upMs),
        until_at: new Date(day.untilAt),
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(["component_id", "day"]).doUpdateSet((update) => ({
        known_ms: update.ref("excluded.known_ms"),
        up_ms: update.ref("excluded.up_ms"),
        until_at: update.ref("excluded.until_at"),
      })),
    )
    .execute();
}

/** What probes found since a day, `YYYY-MM-DD`. */
export async function listStatusDays(db: Db, since: string): Promise<readonly StatusDayRecord[]> {
  const { rows } = await sql<{
    component_id: string;
    day: string;
    known_ms: number;
    up_ms: number;
    until_at: Date;
  }>`select component_id, to_char(day, 'YYYY-MM-DD') as day, known_ms, up_ms, until_at
    from status_days where day >= ${since}::date order by day`.execute(db);
  return rows.map((row) => ({
    componentId: row.component_id,
    day: row.day,
    knownMs: row.known_ms,
    upMs: row.up_ms,
    untilAt: row.until_at.getTime(),
  }));
}

/** What is announced: all that is not over, and what ended since `since`; newest first. */
export async function listStatusPosts(db: Db, since: number): Promise<readonly StatusPostRecord[]> {
  const rows = await db
    .selectFrom("status_posts")
    .selectAll()
    .where((where) =>
      where.or([where("resolved_at", "is", null), where("resolved_at", ">=", new Date(since))]),
    )
    .orderBy("created_at", "desc")
    .orderBy("id")
    .execute();
  return rows.map(toPost);
}

export async function findStatusPost(db: Db, id: string): Promise<StatusPostRecord | undefined> {
  const row = await db
    .selectFrom("status_posts")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : toPost(row);
}

export async function putStatusPost(tx: Tx, post: StatusPostRecord): Promise<void> {
  const row = {
    title: storableText(post.title),
    impact: post.impact,
    state: post.state,
    components: storableJson(post.components),
    starts_at: date(post.startsAt),
    ends_at: date(post.endsAt),
    resolved_at: date(post.resolvedAt),
    updated_at: new Date(post.updatedAt),
  };
  await tx
    .insertInto("status_posts")
    .values({
      id: post.id,
      kind: post.kind,
      incident_id: post.incidentId,
      created_at: new Date(post.createdAt),
      ...row,
    })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
}

export async function deleteStatusPost(tx: Tx, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("status_posts")
    .where("id", "=", id)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function addStatusUpdate(tx: Tx, update: StatusUpdateRecord): Promise<void> {
  await tx
    .insertInto("status_updates")
    .values({
      id: update.id,
      post_id: update.postId,
      state: update.state,
      body: storableText(update.body),
      at: new Date(update.at),
      created_by: storableText(update.createdBy),
    })
    .execute();
}

/** The updates of these, newest first. */
export async function listStatusUpdates(
  db: Db,
  postIds: readonly string[],
): Promise<readonly StatusUpdateRecord[]> {
  if (postIds.length === 0) return [];
  const rows = await db
    .selectFrom("status_updates")
    .selectAll()
    .where(sql<boolean>`post_id = any(${[...postIds]}::uuid[])`)
    .orderBy("at", "desc")
    .orderBy("id")
    .execute();
  return rows.map(toUpdate);
}

export async function findStatusUpdate(
  db: Db,
  id: string,
): Promise<StatusUpdateRecord | undefined> {
  const row = await db
    .selectFrom("status_updates")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : toUpdate(row);
}

/** Forgets what no page shows any more. */
export async function pruneStatusHistory(tx: Tx, before: number): Promise<void> {
  const at = new Date(before);
  await sql`delete from status_changes c where at < ${at} and exists (
    select from status_changes l where l.component_id = c.component_id and l.at > c.at and l.at <= ${at}
  )`.execute(tx);
  await tx.deleteFrom("status_watched").where("until_at", "<", at).execute();
  await sql`delete from status_days where day < ${at}::date`.execute(tx);
  await tx
    .deleteFrom("status_notices")
    .where("state", "!=", "waiting")
    .where("created_at", "<", at)
    .execute();
}
