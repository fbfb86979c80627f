import type { Db, Tx } from "./records.ts";

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

/** Reads what is known of a group, without a lock. */
export async function readGroupLog(db: Db, groupId: Buffer): Promise<GroupLog> {
  const rows = await db
    .selectFrom("alert_groups as g")
    .leftJoin("notification_log as l", "l.group_id", "g.id")
    .select(["g.firing as told", "g.changed_at", "l.integration", "l.index", "l.firing"])
    .select(["l.resolved", "l.notified_at"])
    .where("g.id", "=", groupId)
    .execute();
  const entries = new Map<string, LogEntry>();
  for (const { integration, index, firing, resolved, notified_at } of rows) {
    if (integration === null || index === null || notified_at === null) continue;
    entries.set(logKey({ integration, index }), {
      firing: JSON.parse(firing ?? "[]") as string[],
      resolved: JSON.parse(resolved ?? "[]") as string[],
      notifiedAt: notified_at.getTime(),
    });
  }
  const [first] = rows;
  return { group: first && toGroup({ ...first, firing: first.told }), entries };
}

function toGroup(row: { firing: string; changed_at: Date }): GroupRecord {
  return { firing: JSON.parse(row.firing) as string[], changedAt: row.changed_at.getTime() };
}

/**
 * Locks a group until the transaction ends, making its row when there is none, and reads its log.
 * Everything that decides about a group goes through here, so that of two servers one decides first
 * and the other sees what it decided.
 */
export async function lockGroup(
  tx: Tx,
  group: { readonly id: Buffer; readonly groupKey: string; readonly receiver: string },
): Promise<GroupLog> {
  await tx
    .insertInto("alert_groups")
    .values({
      id: group.id,
      group_key: JSON.stringify(group.groupKey),
      receiver: JSON.stringify(group.receiver),
      firing: "[]",
      changed_at: new Date(0),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await tx.selectFrom("alert_groups").select("id").where("id", "=", group.id).forUpdate().execute();
  return readGroupLog(tx, group.id);
}

/** Remembers what incidents were told of a group. */
export async function putGroup(tx: Tx, groupId: Buffer, group: GroupRecord): Promise<void> {
  await tx
    .updateTable("alert_groups")
    .set({ firing: JSON.stringify(group.firing), changed_at: new Date(group.changedAt) })
    .where("id", "=", groupId)
    .execute();
}

/** Remembers what an integration was told of a group; undefined forgets that it was told anything. */
export async function putLogEntry(
  tx: Tx,
  groupId: Buffer,
  { integration, index }: IntegrationId,
  entry: LogEntry | undefined,
): Promise<void> {
  if (entry === undefined) {
    await tx
      .deleteFrom("notification_log")
      .where("group_id", "=", groupId)
      .where("integration", "=", integration)
      .where("index", "=", index)
      .execute();
    return;
  }
  const row = {
    firing: JSON.stringify(entry.firing),
    resolved: JSON.stringify(entry.resolved),
    notified_at: new Date(entry.notifiedAt),
  };
  await tx
    .insertInto("notification_log")
    .values({ group_id: groupId, integration, index, message: null, ...row })
    .onConflict((conflict) =>
      conflict.columns(["group_id", "integration", "index"]).doUpdateSet(row),
    )
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
