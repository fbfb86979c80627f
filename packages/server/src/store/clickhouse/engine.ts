import type { Block } from "./native-format.ts";
import type { Parameters } from "./statement.ts";

/** What bounds one statement. */
export interface StatementOptions {
  /** Stops the statement in the engine, and rejects, when it fires. */
  readonly signal?: AbortSignal;
  /** The engine stops the statement after this time. Default: the limits' `statementMs`. */
  readonly timeoutMs?: number;
  /** Engine settings for this statement alone. The SQL must not have a SETTINGS clause of its own. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** The answer is long. The embedded engine then hands it over in pieces, which saves copies of it. */
  readonly long?: boolean;
  /**
   * Much is read and little is answered: worth all threads that the engine may have. Other statements
   * have one in the embedded engine, which wants a GiB of memory for each.
   */
  readonly parallel?: boolean;
}

/** How long the engine may take to say that it is there, ms. */
export const PING_MS = 5000;

/** The engine's tables about itself that are asked here. */
export type SystemTable = "parts" | "mutations";

/**
 * A ClickHouse, embedded or a server. Statements hold one statement each, in ClickHouse's dialect,
 * with `{name:Type}` placeholders. All methods throw StoreError.
 */
export interface ClickHouse {
  /** Whether other processes may write to it as well. */
  readonly isShared: boolean;
  /** Under which name the engine stores one of our tables' parts. */
  storedAs(table: string): string;
  /** What to select from to see a system table of all servers there are. */
  system(table: SystemTable): string;
  /** Runs a SELECT and reads its whole answer. */
  select(sql: string, parameters?: Parameters, options?: StatementOptions): Promise<Block[]>;
  /** Runs a statement that answers nothing. */
  execute(sql: string, parameters?: Parameters, options?: StatementOptions): Promise<void>;
  /**
   * Inserts one block of ClickHouse's Native format. Resolves when it is committed; when it rejects,
   * nothing of the block is there, unless the block spans several partitions. `columns`: the block's, in
   * their order, where they are not all of the table.
   */
  insert(table: string, block: Uint8Array, columns?: readonly string[]): Promise<void>;
  /** Tells whether the engine answers, now. */
  ping(): Promise<void>;
  /** Stops what is running and closes. */
  close(): Promise<void>;
}
