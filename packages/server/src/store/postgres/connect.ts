import { Kysely, PostgresDialect, sql } from "kysely";
import { Pool } from "pg";
import { messageOf } from "../../model/index.ts";
import { StoreError } from "../errors.ts";
import { listen } from "./listener.ts";
import { migrate } from "./migrate.ts";
import type { Listening, Records, Tx } from "./records.ts";
import { migrations } from "./schema.ts";
import type { Schema } from "./schema.ts";

/** serialization_failure and deadlock_detected: the same work may succeed when tried again. */
const RETRYABLE = new Set(["40001", "40P01"]);
const MAX_TRIES = 5;

/** A connection string, or a socket folder with a database name. */
export type PostgresAddress =
  | { readonly url: string }
  | { readonly socketDir: string; readonly database: string };

/** Connects to a PostgreSQL that is running, and brings its schema up to date. */
export async function connectRecords(
  address: PostgresAddress,
  options: { readonly maxConnections: number; readonly onClose?: () => Promise<void> },
): Promise<Records> {
  const connection = {
    ...("url" in address
      ? { connectionString: address.url }
      : { host: address.socketDir, database: address.database, user: "seaworthy" }),
    application_name: "seaworthy",
    connectionTimeoutMillis: 10_000,
  };
  const pool = new Pool({ ...connection, max: options.maxConnections });
  const listeners = new Set<Listening>();
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on("error", () => {});
  try {
    await migrate(pool, migrations);
  } catch (error) {
    await pool.end().catch(() => {});
    const where = "url" in address ? redact(address.url) : address.socketDir;
    throw new StoreError(
      "store_unavailable",
      `PostgreSQL at ${where} cannot be used: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const effectsOf = new WeakMap<Tx, (() => void)[]>();
  return {
    db,
    async transaction(work) {
      for (let attempt = 1; ; attempt += 1) {
        const effects: (() => void)[] = [];
        try {
          const result = await db.transaction().execute((tx) => {
            effectsOf.set(tx, effects);
            return work(tx);
          });
          for (const effect of effects) effect();
          return result;
        } catch (error) {
          const code = (error as { code?: unknown }).code;
          if (attempt >= MAX_TRIES || typeof code !== "string" || !RETRYABLE.has(code)) throw error;
        }
      }
    },
    afterCommit(tx, effect) {
      const effects = effectsOf.get(tx);
      if (effects === undefined) throw new Error("afterCommit: not a transaction of these records");
      effects.push(effect);
    },
    async notify(tx, channel, text) {
      await sql`select pg_notify(${channel}, ${text})`.execute(tx);
    },
    listen(channel, heard) {
      const listening = listen(connection, channel, heard);
      listeners.add(listening);
      return listening;
    },
    async ping() {
      await pool.query("select 1");
    },
    async close() {
      await Promise.all([...listeners].map((listening) => listening.close()));
      await db.destroy();
      await options.onClose?.();
    },
  };
}

/** The address without its password. */
function redact(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.password !== "") parsed.password = "…";
    return parsed.toString();
  } catch {
    return "the given address";
  }
}
