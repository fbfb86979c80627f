import { statfs } from "node:fs/promises";
import type { Logger } from "pino";
import type { ClickHouse, StatementOptions, SystemTable } from "../engine.ts";
import { storeErrorOf } from "../engine-errors.ts";
import type { Block } from "../native-format.ts";
import type { Parameters } from "../statement.ts";
import { Journal } from "./journal.ts";

/** The table whose rows are journalled. */
const TABLE = "samples";

/** How long a disk that has room is not asked again, ms. */
const ROOM_MS = 500;

export interface JournalLimits {
  /** Rows wait no longer than this for the engine, ms. */
  readonly everyMs: number;
  /** So many bytes of rows go to the engine at once. */
  readonly flushBytes: number;
  /** What may wait when the engine takes nothing; beyond, inserts are refused. */
  readonly maxBytes: number;
  /** A block as large is worth a part of its own and needs no journal. */
  readonly directBytes: number;
  /** With less room on the disk than this, rows go to the engine at once. */
  readonly minFreeBytes: number;
}

export const defaultJournalLimits: JournalLimits = {
  everyMs: 2000,
  flushBytes: 8 << 20,
  maxBytes: 64 << 20,
  directBytes: 4 << 20,
  minFreeBytes: 128 << 20,
};

/**
 * An engine whose inserts of samples are committed by a journal and reach the tables some together: a
 * part for each request is ten times the work of merging as a part for a hundred of them. Statements
 * that name the table find all that was inserted before them: it is handed over first.
 */
export class JournalledClickHouse implements ClickHouse {
  readonly isShared = false;
  readonly #engine: ClickHouse;
  readonly #journal: Journal;
  readonly #dir: string;
  readonly #log: Logger;
  readonly #limits: JournalLimits;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #flushing: Promise<void> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Until then the disk is taken to have room; of `performance.now()`. */
  #roomUntil = 0;

  private constructor(
    engine: ClickHouse,
    journal: Journal,
    options: { readonly dir: string; readonly log: Logger; readonly limits: JournalLimits },
  ) {
    this.#engine = engine;
    this.#journal = journal;
    this.#dir = options.dir;
    this.#log = options.log;
    this.#limits = options.limits;
  }

  /**
   * Puts a journal in the folder `dir` before an engine that nobody else uses and whose tables are
   * there; what the journal holds from before is inserted. Throws StoreError.
   */
  static async open(
    engine: ClickHouse,
    options: {
      readonly dir: string;
      readonly log: Logger;
      readonly limits?: Partial<JournalLimits>;
    },
  ): Promise<JournalledClickHouse> {
    const limits = { ...defaultJournalLimits, ...options.limits };
    try {
      const journal = await Journal.open(options.dir, options.log, (records) =>
        engine.insert(TABLE, Buffer.concat(records)),
      );
      return new JournalledClickHouse(engine, journal, { ...options, limits });
    } catch (error) {
      throw storeErrorOf(error, options.dir);
    }
  }

  async insert(table: string, block: Uint8Array, columns?: readonly string[]): Promise<void> {
    if (table !== TABLE) return this.#engine.insert(table, block, columns);
    if (block.length >= this.#limits.directBytes || !(await this.#hasRoom())) {
      // In the order in which they came: of two values for one time the later stays.
      await this.flush();
      return this.#engine.insert(table, block);
    }
    if (this.#waitingBytes + block.length > this.#limits.maxBytes) await this.flush();
    await this.#alone(async () => {
      await this.#journal.append(block);
      this.#waiting.push(block);
      this.#waitingBytes += block.length;
    });
    this.#flushLater(this.#waitingBytes >= this.#limits.flushBytes ? 0 : this.#limits.everyMs);
  }

  async select(sql: string, parameters?: Parameters, options?: StatementOptions): Promise<Block[]> {
    if (namesTable(sql)) await this.flush();
    return this.#engine.select(sql, parameters, options);
  }

  async execute(sql: string, parameters?: Parameters, options?: StatementOptions): Promise<void> {
    if (namesTable(sql)) await this.flush();
    return this.#engine.execute(sql, parameters, options);
  }

  /** Hands over to the engine what waits. Resolves once all that was inserted before is in the table. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#flushing !== undefined) {
      const isWhole = this.#flushing === undefined;
      this.#flushing ??= this.#handOver().finally(() => {
        this.#flushing = undefined;
      });
      await this.#flushing;
      // One that was under way may have begun before what was inserted last.
      if (isWhole) return;
    }
  }

  storedAs(table: string): string {
    return this.#engine.storedAs(table);
  }

  system(table: SystemTable): string {
    return this.#engine.system(table);
  }

  ping(): Promise<void> {
    return this.#engine.ping();
  }

  /** What cannot be handed over stays in the journal. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.flush().catch((error: unknown) => this.#warn(error));
    await this.#journal.close();
    await this.#engine.close();
  }

  #flushLater(ms: number): void {
    if (this.#closed || (this.#timer !== undefined && ms > 0)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch((error: unknown) => {
        this.#warn(error);
        this.#flushLater(this.#limits.everyMs);
      });
    }, ms).unref();
  }

  #warn(error: unknown): void {
    this.#log.warn(
      { reason: error instanceof Error ? error.message : String(error), bytes: this.#waitingBytes },
      "the engine does not take samples; they wait in the journal",
    );
  }

  async #handOver(): Promise<void> {
    const { files, blocks, bytes } = await this.#alone(async () => {
      const taken = {
        files: await this.#journal.seal(),
        blocks: this.#waiting,
        bytes: this.#waitingBytes,
      };
      this.#waiting = [];
      this.#waitingBytes = 0;
      return taken;
    });
    try {
      if (blocks.length > 0) await this.#engine.insert(TABLE, Buffer.concat(blocks));
      await this.#journal.remove(files);
    } catch (error) {
      this.#waiting = [...blocks, ...this.#waiting];
      this.#waitingBytes += bytes;
      throw storeErrorOf(error, this.#dir);
    }
  }

  /**
   * A file's records and what waits are changed together: a file that is removed holds no record that
   * only memory has. Throws StoreError.
   */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    try {
      return await turn;
    } catch (error) {
      throw storeErrorOf(error, this.#dir);
    }
  }

  async #hasRoom(): Promise<boolean> {
    const now = performance.now();
    if (now < this.#roomUntil) return true;
    const { bavail, bsize } = await statfs(this.#dir);
    const isEnough = bavail * bsize >= this.#limits.minFreeBytes;
    this.#roomUntil = isEnough ? now + ROOM_MS : 0;
    return isEnough;
  }
}

/** Whether a statement reads or changes the table; one too many does no harm. */
function namesTable(sql: string): boolean {
  return /\bsamples\b/.test(sql);
}
