import { StoreError } from "../errors.ts";
import { GroupCommit } from "./group-commit.ts";

interface BatchQueueOptions {
  /** What waits here, in an error's words. */
  readonly what: string;
  /** From the beginning of one commit to the next, ms, and rows of one commit, unless a batch alone has more. */
  readonly everyMs: number;
  readonly maxRows: number;
  /** About how many bytes a commit's rows may have. */
  readonly maxBytes: number;
  /** Rows that may wait, and their bytes; beyond, writers are refused. */
  readonly maxWaitingRows: number;
  readonly maxWaitingBytes: number;
}

/**
 * Takes batches and commits them in groups: within limits, and a batch that is sent again while it is
 * on its way to the engine waits with the first.
 */
export class BatchQueue<T> {
  readonly #options: BatchQueueOptions;
  readonly #queue: GroupCommit<T>;
  readonly #underway = new Map<bigint, Promise<void>>();
  #waitingRows = 0;
  #waitingBytes = 0;

  constructor(options: BatchQueueOptions, commit: (group: readonly T[]) => Promise<void>) {
    this.#options = options;
    this.#queue = new GroupCommit({ everyMs: options.everyMs, maxSize: options.maxRows }, commit);
  }

  /**
   * Resolves when the batch is committed. `fingerprint` as in LogBatch. Throws StoreError when the
   * store is closed or too much waits already.
   */
  write(batch: T, rows: number, bytes: number, fingerprint: bigint | undefined): Promise<void> {
    if (fingerprint === undefined) return this.#enqueue(batch, rows, bytes);
    const first = this.#underway.get(fingerprint);
    if (first !== undefined) return first;
    const written = this.#enqueue(batch, rows, bytes).finally(() =>
      this.#underway.delete(fingerprint),
    );
    this.#underway.set(fingerprint, written);
    return written;
  }

  /** Commits what waits, and refuses what comes. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  async #enqueue(batch: T, rows: number, bytes: number): Promise<void> {
    const { what, maxWaitingRows, maxWaitingBytes } = this.#options;
    if (this.#queue.closed) {
      throw new StoreError("store_unavailable", `the store of ${what} is closed`);
    }
    const idle = this.#waitingRows === 0;
    if (
      !idle &&
      (this.#waitingRows + rows > maxWaitingRows || this.#waitingBytes + bytes > maxWaitingBytes)
    ) {
      throw new StoreError(
        "store_overloaded",
        `${this.#waitingRows} ${what} of ${this.#waitingBytes} bytes already wait to be stored (limits ${maxWaitingRows} and ${maxWaitingBytes}); send again later`,
      );
    }
    this.#waitingRows += rows;
    this.#waitingBytes += bytes;
    try {
      // What is full first, of rows or of bytes, ends a commit.
      const { maxRows, maxBytes } = this.#options;
      await this.#queue.add(batch, Math.max(rows, (bytes / maxBytes) * maxRows));
    } finally {
      this.#waitingRows -= rows;
      this.#waitingBytes -= bytes;
    }
  }
}
