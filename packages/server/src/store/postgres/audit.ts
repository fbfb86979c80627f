import type { Db, Tx } from "./records.ts";
import { storableJson, storableText } from "./storable-text.ts";

/** One change, as it is remembered. */
export interface AuditEntry {
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A change to be remembered. */
export interface AuditedChange {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly actor: string;
  /** NOUN.VERB, e.g. `token.create`. */
  readonly action: string;
  /** What it was done to: an id or another stable name. */
  readonly subject: string;
  /** Never a secret. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Rows in one insert: PostgreSQL takes at most 65,535 parameters in a statement. */
const CHUNK = 1000;

/** Remembers changes. Takes the transaction of the change itself, so that both happen or neither. */
export async function writeAudit(tx: Tx, ...changes: readonly AuditedChange[]): Promise<void> {
  for (let start = 0; start < changes.length; start += CHUNK) {
    await tx
      .insertInto("audit_log")
      .values(
        changes.slice(start, start + CHUNK).map((change) => ({
          at: new Date(change.at),
          actor: storableText(change.actor),
          action: change.action,
          subject: change.subject,
          detail: storableJson(change.detail ?? {}),
        })),
      )
      .execute();
  }
}

/** The log, newest first; `before` is the id of the last entry seen. */
export async function listAudit(
  db: Db,
  page: { readonly before?: string | undefined; readonly limit: number },
): Promise<{ readonly entries: readonly AuditEntry[]; readonly next: string | null }> {
  let query = db
    .selectFrom("audit_log")
    .selectAll()
    .orderBy("id", "desc")
    .limit(page.limit + 1);
  if (page.before !== undefined) query = query.where("id", "<", page.before);
  const rows = await query.execute();
  const entries = rows.slice(0, page.limit).map((row) => ({
    id: row.id,
    at: row.at,
    actor: row.actor,
    action: row.action,
    subject: row.subject,
    detail: row.detail as Record<string, unknown>,
  }));
  return { entries, next: rows.length > page.limit ? (entries.at(-1)?.id ?? null) : null };
}
