import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { ContactKind, ContactMethod, Severity } from "../../model/index.ts";
import type { Db, Tx } from "./records.ts";
import { storableText } from "./storable-text.ts";
import type { EscalationTables } from "./tables/escalations.ts";

/** A way of reaching a person, with whose it is. */
export interface ContactRecord extends ContactMethod {
  readonly personId: string;
  /** Since when nothing gets through any more: nobody is paged by it. */
  readonly endedAt: Date | null;
}

const toContact = (row: Selectable<EscalationTables["contact_methods"]>): ContactRecord => ({
  id: row.id,
  personId: row.user_id,
  kind: row.kind as ContactKind,
  address: row.address,
  severities: row.severities as Severity[],
  quiet: row.quiet as ContactMethod["quiet"],
  name: row.name,
  endedAt: row.ended_at,
});

/** The ways of reaching these people that have not ended, in the order in which they were added. */
export async function listContacts(
  db: Db,
  personIds: readonly string[],
): Promise<readonly ContactRecord[]> {
  const all = await listContactsEver(db, personIds);
  return all.filter(({ endedAt }) => endedAt === null);
}

/** The ways of reaching these people, with those that have ended. */
export async function listContactsEver(
  db: Db,
  personIds: readonly string[],
): Promise<readonly ContactRecord[]> {
  const rows = await db
    .selectFrom("contact_methods")
    .selectAll()
    .where(sql<boolean>`user_id = any(${[...personIds]}::uuid[])`)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  return rows.map(toContact);
}

/** Adds a way of reaching a person; answers false when it is there already. */
export async function addContact(
  tx: Tx,
  contact: Omit<ContactRecord, "endedAt">,
  at: Date,
): Promise<boolean> {
  const added = await tx
    .insertInto("contact_methods")
    .values({
      id: contact.id,
      user_id: contact.personId,
      kind: contact.kind,
      address: storableText(contact.address),
      severities: JSON.stringify(contact.severities),
      quiet: contact.quiet === null ? null : JSON.stringify(contact.quiet),
      created_at: at,
      name: contact.name === null ? null : storableText(contact.name),
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return added.numInsertedOrUpdatedRows === 1n;
}

/**
 * Takes a browser away from whoever it belonged to: `beginning` is what all its subscriptions at one
 * endpoint begin with. Whoever signs in there now is the one who reads its pages.
 */
export async function deleteSubscriptions(tx: Tx, beginning: string): Promise<void> {
  await tx
    .deleteFrom("contact_methods")
    .where("kind", "=", "push")
    .where(sql<boolean>`starts_with(address, ${beginning})`)
    .execute();
}

/** Marks a way that nothing gets through by any more; answers whose it was, unless that was known. */
export async function endContact(
  tx: Tx,
  { kind, address }: Pick<ContactRecord, "kind" | "address">,
  at: Date,
): Promise<readonly ContactRecord[]> {
  const rows = await tx
    .updateTable("contact_methods")
    .set({ ended_at: at })
    .where("kind", "=", kind)
    .where("address", "=", address)
    .where("ended_at", "is", null)
    .returningAll()
    .execute();
  return rows.map(toContact);
}

/** Removes a person's way; answers whether it was there. */
export async function deleteContact(tx: Tx, personId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("contact_methods")
    .where("user_id", "=", personId)
    .where("id", "=", id)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}
