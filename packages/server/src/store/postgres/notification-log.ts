import { sql } from "kysely";
import type { Db, Tx } from "./records.ts";
import { recordset } from "./recordset.ts";

/** What incidents were last told of a group. */
export interface GroupRecord {
  /** Fingerprints of the alerts that were firing then. */
  readonly firing: readonly string[];
  readonly changedAt: number;
}

/** What an integration was last told of a group. */
export interface LogEntry {
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  readonly notifiedAt: number;
}

/** An integration of a receiver: its name, and its place among those of the same name. */
export interface IntegrationId {
  readonly integration: string;
  readonly index: number;
}

/** A group's row and its log, by `logKey`. */
export interface GroupLog {
  readonly group: GroupRecord | undefined;
  readonly entries: ReadonlyMap<string, LogEntry>;
}

/** The key of an integration in `GroupLog.entries`. */
export function logKey(id: IntegrationId): string {
  return `${id.integration}/${id.index}`;
}

const NOTHING_KNOWN: GroupLog = { group: undefined, entries: new Map() };

/** Reads what is known of groups, without a lock; answers it in the order in which they were named. */
export async function readGroupLogs(
  db: Db,
  groupIds: readonly Buffer[],
): Promise<readonly GroupLog[]> {
  const rows = await db
    .selectFrom("alert_groups as g")
    .leftJoin("notification_log as l", "l.group_id", "g.id")
    .select(["g.id", "g.firing as told", "g.changed_at", "l.integration", "l.index", "l.firing"])
    .select(["l.resolved", "l.notified_at"])
    .where(sql<boolean>`g.id = any(${[...groupIds]}::bytea[])`)
    .execute();
  const logs = new Map<string, { group: GroupRecord; entries: Map<string, LogEntry> }>();
  for (const { id, integration, index, firing, resolved, notified_at, ...row } of rows) {
    const key = id.toString("hex");
    const log = logs.get(key) ?? {
      group: toGroup({ firing: row.told, changed_at: row.changed_at }),
      entries: new Map<string, LogEntry>(),
    };
    logs.set(key, log);
    if (integration === null || index === null || notified_at === null) continue;
    log.entries.set(logKey({ integration, index }), {
      firing: JSON.parse(firing ?? "[]") as string[],
      resolved: JSON.parse(resolved ?? "[]") as string[],
      notifiedAt: notified_at.getTime(),
    });
  }
  return groupIds.map((id) => logs.get(id.toString("hex")) ?? NOTHING_KNOWN);
}

function toGroup(row: { firing: string; changed_at: Date }): GroupRecord {
  return { firing: JSON.parse(row.firing) as string[], changedAt: row.changed_at.getTime() };
}

/** A group that is to be locked. */
export interface GroupToLock {
  readonly id: Buffer;
  readonly groupKey: string;
  readonly receiver: string;
}

/**
 * Locks groups until the transaction ends, making rows where there are none, and reads their logs.
 * Everything that decides about a group goes through here, so that of two servers one decides first
 * and the other sees what it decided.
 */
export async function lockGroups(
  tx: Tx,
  groups: readonly GroupToLock[],
): Promise<readonly GroupLog[]> {
  // Always in the same order, so that two servers that decide about the same groups cannot deadlock.
  const sorted = [...groups].sort((a, b) => Buffer.compare(a.id, b.id));
  const rows = sorted.map(({ id, groupKey, receiver }) => ({
    id,
    group_key: JSON.stringify(groupKey),
    receiver: JSON.stringify(receiver),
  }));
  await sql`
    insert into alert_groups (id, group_key, receiver, firing, changed_at)
    select id, group_key, receiver, '[]', to_timestamp(0)
    from ${recordset(rows, { id: "bytea", group_key: "text", receiver: "text" })}
    on conflict do nothing`.execute(tx);
  const ids = sorted.map(({ id }) => id);
  await sql`
    select from alert_groups where id = any(${ids}::bytea[]) order by id for update`.execute(tx);
  return readGroupLogs(
    tx,
    groups.map(({ id }) => id),
  );
}

/** Remembers what incidents were told of groups. */
export async function putGroups(
  tx: Tx,
  groups: readonly { readonly id: Buffer; readonly told: GroupRecord }[],
): Promise<void> {
  if (groups.length === 0) return;
  const rows = groups.map(({ id, told }) => ({
    id,
    firing: JSON.stringify(told.firing),
    changed_at: new Date(told.changedAt),
  }));
  await sql`
    update alert_groups g set firing = t.firing, changed_at = t.changed_at
    from ${recordset(rows, { id: "bytea", firing: "text", changed_at: "timestamptz" })}
    where g.id = t.id`.execute(tx);
}

/** What an integration was told of a group. */
export interface PlacedLogEntry extends IntegrationId {
  readonly groupId: Buffer;
  readonly entry: LogEntry;
}

/** Remembers what integrations were told of groups. */
export async function putLogEntries(tx: Tx, entries: readonly PlacedLogEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ groupId, integration, index, entry }) => ({
    group_id: groupId,
    integration,
    index,
    firing: JSON.stringify(entry.firing),
    resolved: JSON.stringify(entry.resolved),
    notified_at: new Date(entry.notifiedAt),
  }));
  const columns = {
    group_id: "bytea",
    integration: "text",
    index: "int",
    firing: "text",
    resolved: "text",
    notified_at: "timestamptz",
  };
  await sql`
    insert into notification_log (group_id, integration, index, firing, resolved, notified_at)
    select * from ${recordset(rows, columns)}
    on conflict (group_id, integration, index) do update set firing = excluded.firing,
      resolved = excluded.resolved, notified_at = excluded.notified_at`.execute(tx);
}

/** Goes back to what an integration was told of a group before; undefined forgets that it was told. */
export async function restoreLogEntry(
  tx: Tx,
  groupId: Buffer,
  id: IntegrationId,
  entry: LogEntry | undefined,
): Promise<void> {
  if (entry !== undefined) return putLogEntries(tx, [{ groupId, ...id, entry }]);
  await tx
    .deleteFrom("notification_log")
    .where("group_id", "=", groupId)
    .where("integration", "=", id.integration)
    .where("index", "=", id.index)
    .execute();
}

/** What the receiver called the message that it was sent of a group, if it was told to remember. */
export async function readMessage(
  db: Db,
  groupId: Buffer,
  { integration, index }: IntegrationId,
): Promise<string | undefined> {
  const row = await db
    .selectFrom("notification_log")
    .select("message")
    .where("group_id", "=", groupId)
    .where("integration", "=", integration)
    .where("index", "=", index)
    .executeTakeFirst();
  const message = row?.message ?? undefined;
  return message === undefined ? undefined : (JSON.parse(message) as string);
}

/** Remembers what the receiver calls the message. */
export async function putMessage(
  db: Db,
  groupId: Buffer,
  { integration, index }: IntegrationId,
  message: string,
): Promise<void> {
  await db
    .updateTable("notification_log")
    .set({ message: JSON.stringify(message) })
    .where("group_id", "=", groupId)
    .where("integration", "=", integration)
    .where("index", "=", index)
    .execute();
}

/** When incidents were last told of each group that still has firing alerts, by id in hex. */
export async function listFiringGroups(db: Db): Promise<ReadonlyMap<string, GroupRecord>> {
  const rows = await db
    .selectFrom("alert_groups")
    .select(["id", "firing", "changed_at"])
    .where("firing", "<>", "[]")
    .execute();
  return new Map(rows.map((row) => [row.id.toString("hex"), toGroup(row)]));
}

/** Forgets groups of which nothing was said since `before` and that have nothing firing or waiting. */
export async function deleteOldGroups(db: Db, before: number): Promise<void> {
  const then = new Date(before);
  await db
    .deleteFrom("alert_groups as g")
    .where("g.changed_at", "<", then)
    .where("g.firing", "=", "[]")
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom("notification_log as l")
            .select("l.group_id")
            .whereRef("l.group_id", "=", "g.id")
            .where("l.notified_at", ">=", then),
        ),
      ),
    )
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom("notifications as n")
            .select("n.id")
            .whereRef("n.group_id", "=", "g.id")
            .where("n.state", "=", "waiting"),
        ),
      ),
    )
    .execute();
}
