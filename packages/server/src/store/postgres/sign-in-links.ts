import type { Tx } from "./records.ts";

/** Replaces the person's links by a new one: only the latest works. */
export async function replaceSignInLink(
  tx: Tx,
  link: { readonly tokenHash: Buffer; readonly userId: string; readonly expiresAt: number },
): Promise<void> {
  await deleteSignInLinks(tx, link.userId);
  await tx
    .insertInto("sign_in_links")
    .values({
      token_hash: link.tokenHash,
      user_id: link.userId,
      expires_at: new Date(link.expiresAt),
      used_at: null,
    })
    .execute();
}

/**
 * Uses up a link and answers whose it is, or undefined when it is unknown, used or expired. One
 * statement, so that of two who try at once only one succeeds.
 */
export async function consumeSignInLink(
  tx: Tx,
  tokenHash: Buffer,
  now: number,
): Promise<string | undefined> {
  const row = await tx
    .updateTable("sign_in_links")
    .set({ used_at: new Date(now) })
    .where("token_hash", "=", tokenHash)
    .where("used_at", "is", null)
    .where("expires_at", ">", new Date(now))
    .returning("user_id")
    .executeTakeFirst();
  return row?.user_id;
}

/** Forgets a person's links. */
export async function deleteSignInLinks(tx: Tx, userId: string): Promise<void> {
  await tx.deleteFrom("sign_in_links").where("user_id", "=", userId).execute();
}
