import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { drainPending, Session } from "chdb";
import { StoreError } from "../errors.ts";
import { PING_MS } from "./engine.ts";
import type { ClickHouse, StatementOptions, SystemTable } from "./engine.ts";
import { folderInUse, storeErrorOf } from "./engine-errors.ts";
import type { TelemetryLimits } from "./limits.ts";
import { decodeBlocks } from "./native-format.ts";
import type { Block } from "./native-format.ts";
import { abortReason, Pool } from "./pool.ts";
import { statementSettings } from "./settings.ts";
import { SpoolFile } from "./spool-file.ts";
import { renderStatement } from "./statement.ts";

/** Our own database: the engine's default one forgets its tables' atomicity. */
const DATABASE = "seaworthy";

/** How often a statement that must stop is told so, in case it had not begun when it was told first. */
const KILL_EVERY_MS = 100;

/**
 * Opens the engine that lives in this process, over the folder `dir`. One process at a time may; the
 * engine's threads come on top of Node's (`UV_THREADPOOL_SIZE` must exceed readers + 2).
 */
export async function openEmbedded(dir: string, limits: TelemetryLimits): Promise<ClickHouse> {
  const path = resolve(dir);
  // The engine reads inserts from a file in its folder, and takes these for patterns in its name.
  if (/[*?{}]/.test(path)) {
    throw new StoreError(
      "data_folder_unusable",
      `the data folder's path ${path} may not contain any of * ? { }; choose another with --data`,
    );
  }
  const opened: Session[] = [];
  const open = (): Session => {
    const session = new Session(path, { connectionArgs: engineArguments(limits) });
    opened.push(session);
    return session;
  };
  try {
    mkdirSync(path, { recursive: true });
    const first = open();
    await first.queryAsync(`CREATE DATABASE IF NOT EXISTS ${DATABASE} ENGINE = Atomic`);
    const readers = Array.from({ length: limits.readers }, open);
    const writers = Array.from({ length: limits.writers }, open);
    await Promise.all(opened.map((session) => session.queryAsync(`USE ${DATABASE}`)));
    return new EmbeddedClickHouse(path, limits, first, readers, writers);
  } catch (error) {
    for (const session of opened) session.close();
    throw opened.length === 0 ? explainRefusal(error, path) : storeErrorOf(error, path);
  }
}

/** The engine says on stderr alone why it does not open a folder; this finds out again. */
function explainRefusal(error: unknown, dir: string): StoreError {
  try {
    const probe = join(dir, `.probe-${process.pid}`);
    writeFileSync(probe, "probe", { flush: true });
    rmSync(probe);
    const owner = Number(/PID: (\d+)/.exec(readFileSync(join(dir, "status"), "utf8"))?.[1]);
    if (owner !== process.pid && isAlive(owner)) return folderInUse(dir, error);
  } catch (cause) {
    return storeErrorOf(cause, dir);
  }
  return storeErrorOf(error, dir);
}

function isAlive(pid: number): boolean {
  try {
    return Number.isInteger(pid) && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Command-line arguments for the engine: memory above all, which has server-sized defaults. */
function engineArguments(limits: TelemetryLimits): string[] {
  const settings: Readonly<Record<string, string | number>> = {
    max_server_memory_usage: limits.memoryBytes,
    mark_cache_size: limits.cacheBytes,
    primary_index_cache_size: limits.cacheBytes,
    background_pool_size: 2,
    background_schedule_pool_size: 2,
    max_threads: limits.threads,
    // Of 6.2 µs of processor time that storing a line takes, the index over runs of its bytes takes 5: it
    // is made when parts are merged, which for small ones is soon. What has none yet is read.
    exclude_materialize_skip_indexes_on_insert: "grams",
    max_execution_time: limits.statementMs / 1000,
    ...statementSettings(limits),
  };
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
}

/** Otherwise the engine gives a statement no second thread unless 2 GiB are free. */
const PARALLEL = { max_threads_min_free_memory_per_thread: 0 };

class EmbeddedClickHouse implements ClickHouse {
  readonly isShared = false;
  readonly #dir: string;
  readonly #limits: TelemetryLimits;
  readonly #sessions: readonly Session[];
  /** For what must not wait behind queries: stopping them. */
  readonly #control: Pool<Session>;
  readonly #readers: Pool<Session>;
  readonly #writers: Pool<Session>;
  /** The file of each writer's session. */
  readonly #spools: ReadonlyMap<Session, SpoolFile>;
  readonly #running = new Set<string>();
  #statements = 0;

  constructor(
    dir: string,
    limits: TelemetryLimits,
    control: Session,
    readers: Session[],
    writers: Session[],
  ) {
    this.#dir = dir;
    this.#limits = limits;
    this.#sessions = [...writers, ...readers, control];
    this.#control = new Pool<Session>([control]);
    this.#readers = new Pool<Session>(readers);
    this.#writers = new Pool<Session>(writers);
    this.#spools = new Map(
      writers.map(
        (session, i) => [session, new SpoolFile(join(dir, `insert-${i}.native`))] as const,
      ),
    );
  }

  async select(sql: string, parameters = {}, options: StatementOptions = {}) {
    const statement = renderStatement(sql, parameters);
    return this.#run(this.#readers, statement, options, options.long === true ? inPieces : whole);
  }

  async execute(sql: string, parameters = {}, options: StatementOptions = {}) {
    await this.#run(this.#writers, renderStatement(sql, parameters), options, whole);
  }

  /**
   * The bytes go by way of a file: of the ways into this engine it alone takes a binary format, and
   * it is the quickest from 1,000 rows up. Each writer's session has its own.
   */
  async insert(table: string, block: Uint8Array, columns?: readonly string[]): Promise<void> {
    try {
      await this.#writers.run(async (session) => {
        const spool = this.#spools.get(session);
        if (spool === undefined) throw new TypeError("a writer's session has no file");
        const from = `file('${spool.path.replace(/[\\']/g, "\\$&")}', 'Native')`;
        await spool.write(block);
        const into = columns === undefined ? table : `${table} (${columns.join(", ")})`;
        await session.queryAsync(`INSERT INTO ${into} SELECT * FROM ${from}`);
      });
    } catch (error) {
      throw storeErrorOf(error, this.#dir);
    }
  }

  storedAs(table: string): string {
    return table;
  }

  system(table: SystemTable): string {
    return `system.${table}`;
  }

  async ping(): Promise<void> {
    await this.select("SELECT 1 AS one", {}, { timeoutMs: PING_MS });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((tag) => this.#kill(tag)));
    for (const pool of [this.#writers, this.#readers, this.#control]) pool.close();
    for (const session of this.#sessions) session.close();
    await drainPending();
    for (const spool of this.#spools.values()) await spool.close();
  }

  async #run<T>(
    pool: Pool<Session>,
    sql: string,
    options: StatementOptions,
    ask: (session: Session, sql: string) => Promise<T>,
  ): Promise<T> {
    const { signal, timeoutMs = this.#limits.statementMs, parallel = false } = options;
    const settings = { ...options.settings, ...(parallel ? PARALLEL : {}) };
    this.#statements += 1;
    // The engine gives each statement an id of its own that it does not tell; this is how to find it.
    const tag = `statement-${this.#statements}`;
    const all = { ...settings, max_execution_time: timeoutMs / 1000, log_comment: `'${tag}'` };
    const clause = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
    const text = `${sql} SETTINGS ${clause.join(", ")}`;
    try {
      return await pool.run(async (session) => {
        this.#running.add(tag);
        const stop = () => void this.#kill(tag);
        signal?.addEventListener("abort", stop, { once: true });
        try {
          return await ask(session, text);
        } finally {
          signal?.removeEventListener("abort", stop);
          this.#running.delete(tag);
        }
      }, signal);
    } catch (error) {
      if (signal?.aborted === true) throw abortReason(signal);
      throw storeErrorOf(error, this.#dir);
    }
  }

  /** Stops a statement, and answers when it has stopped. */
  async #kill(tag: string): Promise<void> {
    const sql = `KILL QUERY WHERE Settings['log_comment'] = '${tag}' ASYNC`;
    while (this.#running.has(tag)) {
      // What cannot be stopped ends at its time limit.
      await this.#control.run((session) => session.queryAsync(sql)).catch(() => {});
      if (this.#running.has(tag)) await delay(KILL_EVERY_MS);
    }
  }
}

async function whole(session: Session, sql: string): Promise<Block[]> {
  return decodeBlocks((await session.queryAsync(sql, { format: "Native" })).bytes());
}

/** The engine works on the next piece while this one is decoded, and never holds the whole answer. */
async function inPieces(session: Session, sql: string): Promise<Block[]> {
  const blocks: Block[] = [];
  for await (const piece of session.queryStream(sql, { format: "Native" })) {
    blocks.push(...decodeBlocks(piece.raw()));
  }
  return blocks;
}
