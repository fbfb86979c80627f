import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { EscalationPolicy } from "../../model/index.ts";
import type { Db, Tx } from "./records.ts";
import { storableJson, storableText } from "./storable-text.ts";
import type { EscalationTables } from "./tables/escalations.ts";

/** A policy as it is stored. */
export interface PolicyRecord extends EscalationPolicy {
  readonly version: number;
  readonly updatedAt: Date;
}

const toPolicy = (row: Selectable<EscalationTables["escalation_policies"]>): PolicyRecord => ({
  ...(row.definition as Omit<EscalationPolicy, "id" | "name">),
  id: row.id,
  name: row.name,
  version: row.version,
  updatedAt: row.updated_at,
});

/** Every policy, by name. */
export async function listPolicies(db: Db): Promise<readonly PolicyRecord[]> {
  const rows = await db
    .selectFrom("escalation_policies")
    .selectAll()
    .orderBy(sql`lower(name)`)
    .execute();
  return rows.map(toPolicy);
}

/**
 * Writes a policy that is new (version 1) or replaces the version before its own. Answers false, and
 * writes nothing, when another version is stored or another policy has the name.
 */
export async function savePolicy(tx: Tx, policy: PolicyRecord): Promise<boolean> {
  const { id, name, version, updatedAt, ...definition } = policy;
  const row = {
    name: storableText(name),
    definition: storableJson(definition),
    version,
    updated_at: updatedAt,
  };
  const named = await tx
    .selectFrom("escalation_policies")
    .select("id")
    .where(sql`lower(name)`, "=", row.name.toLowerCase())
    .where("id", "!=", id)
    .executeTakeFirst();
  if (named !== undefined) return false;
  if (version === 1) {
    const added = await tx
      .insertInto("escalation_policies")
      .values({ id, turns: 0, created_at: updatedAt, ...row })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return added.numInsertedOrUpdatedRows === 1n;
  }
  const replaced = await tx
    .updateTable("escalation_policies")
    .set(row)
    .where("id", "=", id)
    .where("version", "=", version - 1)
    .executeTakeFirst();
  return replaced.numUpdatedRows === 1n;
}

/** Removes a policy; what it has begun goes on. Answers whether it was there. */
export async function deletePolicy(tx: Tx, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("escalation_policies")
    .where("id", "=", id)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Whose turn it is by the policy now: counts up by one at each call. */
export async function takeTurn(tx: Tx, policyId: string): Promise<number> {
  const row = await tx
    .updateTable("escalation_policies")
    .set((update) => ({ turns: update("turns", "+", 1) }))
    .where("id", "=", policyId)
    .returning("turns")
    .executeTakeFirst();
  return (row?.turns ?? 1) - 1;
}
