import { sql } from "kysely";
import { StoreError } from "../errors.ts";
import type { Db, Tx } from "./records.ts";

/** Servers that are there hold a lease on their own name, so that they can be counted. */
const PRESENCE = "server/";

/** What a server holds, and what it may ask for. */
export interface Leases {
  readonly held: readonly string[];
  /** Servers that are there, this one among them. */
  readonly servers: number;
}

/**
 * Renews what `holder` holds of `names`, and takes of those that nobody holds as many as make its share
 * among the servers that are there. All times are by the database's clock.
 */
export async function takeLeases(
  db: Db,
  holder: string,
  names: readonly string[],
  ttlMs: number,
): Promise<Leases> {
  return db.transaction().execute(async (tx) => {
    const until = sql`now() + ${`${ttlMs} milliseconds`}::interval`;
    await sql`
      insert into leases (name, holder, expires_at) values (${PRESENCE + holder}, ${holder}, ${until})
      on conflict (name) do update set expires_at = excluded.expires_at`.execute(tx);
    // In one order everywhere, so that two servers cannot wait for each other.
    const renewed = await sql<{ name: string }>`
      update leases set expires_at = ${until} where name in (
        select name from leases
        where holder = ${holder} and name = any(${names}::text[]) order by name for update)
      returning name`.execute(tx);
    const counted = await sql<{ servers: number }>`
      select count(*)::integer as servers from leases
      where starts_with(name, ${PRESENCE}) and expires_at > now()`.execute(tx);
    const servers = Math.max(1, counted.rows[0]?.servers ?? 1);
    const held = renewed.rows.map(({ name }) => name);
    const free = Math.ceil(names.length / servers) - held.length;
    if (free <= 0) return { held, servers };
    const taken = await sql<{ name: string }>`
      insert into leases (name, holder, expires_at)
      select name, ${holder}, ${until} from unnest(${names}::text[]) as wanted (name)
      where not exists (
        select from leases where leases.name = wanted.name and (expires_at > now() or holder = ${holder}))
      order by name limit ${free}
      on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
        where leases.expires_at <= now()
      returning name`.execute(tx);
    return { held: [...held, ...taken.rows.map(({ name }) => name)], servers };
  });
}

/** Gives leases back; without `names` all of the holder's, its presence too. */
export async function returnLeases(
  db: Db,
  holder: string,
  names?: readonly string[],
): Promise<void> {
  await db
    .deleteFrom("leases")
    .where("holder", "=", holder)
    .$if(names !== undefined, (query) =>
      query.where(sql<boolean>`name = any(${[...(names ?? [])]}::text[])`),
    )
    .execute();
}

/**
 * Makes sure that `holder` holds the lease until the transaction ends: nobody can take it meanwhile.
 * Throws StoreError `lease_lost` when it does not, as after a pause that was longer than the lease.
 */
export async function confirmLease(tx: Tx, holder: string, name: string): Promise<void> {
  const found = await sql`
    select from leases where name = ${name} and holder = ${holder} and expires_at > now()
    for share`.execute(tx);
  if (found.rows.length === 0) {
    throw new StoreError("lease_lost", `another server of the platform works on ${name} now`);
  }
}
