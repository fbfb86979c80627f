import type { Kysely, Transaction } from "kysely";
import type { Schema } from "./schema.ts";

/** A transaction in progress. Repositories take one, so that callers decide what belongs together. */
export type Tx = Transaction<Schema>;

/** Either a transaction or the plain connection pool: for single statements. */
export type Db = Kysely<Schema>;

/** One who hears what is told on a channel. */
export interface Listening {
  /** Whether what is told now is heard. */
  readonly hearing: boolean;
  close(): Promise<void>;
}

/** The records: PostgreSQL, embedded or a server. */
export interface Records {
  readonly db: Db;
  /**
   * Runs `work` in one transaction; commits when it resolves, rolls back when it throws. Serialization
   * failures and deadlocks are retried a few times, so `work` must have no effects outside of `tx`.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Runs `effect` once the transaction has been committed, and never if it is rolled back: the place
   * to tell watchers of a change. `effect` must not throw. `tx` must come from `transaction`.
   */
  afterCommit(tx: Tx, effect: () => void): void;
  /** Tells who listens to the channel, on this server and on others, once the transaction is committed. */
  notify(tx: Tx, channel: string, text: string): Promise<void>;
  /**
   * Hears what is told on a channel, over a connection of its own that is made again whenever it
   * breaks. What is told meanwhile is not heard: `heard` is called without a text afterwards.
   */
  listen(channel: string, heard: (text: string | undefined) => void): Listening;
  /** Tells whether the database answers. */
  ping(): Promise<void>;
  /** Waits for what is running, closes the pool and, if embedded, stops the server cleanly. */
  close(): Promise<void>;
}
