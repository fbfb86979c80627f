import type { IntegrationId } from "./notification-log.ts";
import type { Db } from "./records.ts";

/** An integration of a receiver that has a name. */
export interface ReceiverIntegration extends IntegrationId {
  readonly receiver: string;
}

/** How deliveries by an integration went last. */
export interface ReceiverHealth extends ReceiverIntegration {
  readonly succeededAt: Date | null;
  readonly failedAt: Date | null;
  readonly error: string | null;
  readonly testedAt: Date | null;
}

/** Remembers that a delivery has succeeded, or why it has failed. */
export async function putReceiverHealth(
  db: Db,
  { receiver, integration, index }: ReceiverIntegration,
  result: { readonly at: number; readonly error: string | undefined; readonly test: boolean },
): Promise<void> {
  const at = new Date(result.at);
  const changed = {
    ...(result.error === undefined
      ? { succeeded_at: at, error: null }
      : { failed_at: at, error: JSON.stringify(result.error) }),
    ...(result.test ? { tested_at: at } : {}),
  };
  const empty = { succeeded_at: null, failed_at: null, error: null, tested_at: null };
  await db
    .insertInto("receiver_health")
    .values({ receiver: JSON.stringify(receiver), integration, index, ...empty, ...changed })
    .onConflict((conflict) =>
      conflict.columns(["receiver", "integration", "index"]).doUpdateSet(changed),
    )
    .execute();
}

/** How deliveries went last, for every integration that was ever used. */
export async function listReceiverHealth(db: Db): Promise<readonly ReceiverHealth[]> {
  const rows = await db.selectFrom("receiver_health").selectAll().execute();
  return rows.map((row) => ({
    receiver: JSON.parse(row.receiver) as string,
    integration: row.integration,
    index: row.index,
    succeededAt: row.succeeded_at,
    failedAt: row.failed_at,
    error: row.error === null ? null : (JSON.parse(row.error) as string),
    testedAt: row.tested_at,
  }));
}
