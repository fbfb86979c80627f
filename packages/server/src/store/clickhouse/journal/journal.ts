import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { headOf, MAGIC, readRecords } from "./records.ts";

const NAME = /^samples-(\d{1,15})\.journal$/;

/** The file that is being written. */
interface Segment {
  readonly path: string;
  readonly file: FileHandle;
  /** Up to here it holds whole records; bytes. */
  size: number;
}

/**
 * Records that outlive the process and the machine: appended to a file and flushed to the disk. A new
 * file begins when the one before it was sealed; who has stored its records elsewhere removes it. One
 * append at a time.
 */
export class Journal {
  readonly #dir: string;
  #next: number;
  #segment: Segment | undefined;
  #sealed: string[] = [];

  private constructor(dir: string, next: number) {
    this.#dir = dir;
    this.#next = next;
  }

  /**
   * Opens the journal of a folder that nobody else uses, and hands over what it holds from before, the
   * oldest first, to be stored; a file is removed once its records are. What was damaged is kept aside.
   */
  static async open(
    dir: string,
    log: Logger,
    store: (records: readonly Uint8Array[]) => Promise<void>,
  ): Promise<Journal> {
    const numbers = (await readdir(dir))
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
    for (const number of numbers) {
      const path = pathOf(dir, number);
      const { records, end, lost } = readRecords(await readFile(path));
      if (records.length > 0) await store(records);
      log.info({ path, records: records.length, end, lost }, "samples were read from the journal");
      if (end === "damaged") {
        const aside = `${path}.damaged`;
        log.error(
          { path: aside, lost },
          "a part of the journal is damaged: acknowledged samples may be lost; the file is kept",
        );
        await rename(path, aside);
      } else await rm(path);
    }
    return new Journal(dir, (numbers.at(-1) ?? 0) + 1);
  }

  /** Resolves once the record is on the disk. After a rejection it is not known whether it is. */
  async append(record: Uint8Array): Promise<void> {
    this.#segment ??= await this.#begin();
    const segment = this.#segment;
    try {
      const head = headOf(record);
      const size = head.length + record.length;
      const { bytesWritten } = await segment.file.writev([head, record], segment.size);
      if (bytesWritten < size) {
        const rest = Buffer.concat([head, record]).subarray(bytesWritten);
        await writeAll(segment.file, rest, segment.size + bytesWritten);
      }
      await segment.file.datasync();
      segment.size += size;
    } catch (error) {
      // What was written in part would hide what comes after it.
      await segment.file.truncate(segment.size).catch(() => {});
      await this.#seal();
      throw error;
    }
  }

  /** Ends the present file. Answers all files that have ended; `remove` takes them. */
  async seal(): Promise<readonly string[]> {
    await this.#seal();
    return this.#sealed;
  }

  /** Removes files whose records are stored elsewhere. */
  async remove(paths: readonly string[]): Promise<void> {
    this.#sealed = this.#sealed.filter((path) => !paths.includes(path));
    await Promise.all(paths.map((path) => rm(path, { force: true })));
  }

  async close(): Promise<void> {
    await this.#seal();
  }

  async #seal(): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined) return;
    this.#segment = undefined;
    this.#sealed = [...this.#sealed, segment.path];
    await segment.file.close();
  }

  async #begin(): Promise<Segment> {
    const path = pathOf(this.#dir, this.#next);
    this.#next += 1;
    const file = await open(path, "wx");
    try {
      await writeAll(file, MAGIC, 0);
      await syncFolder(this.#dir);
    } catch (error) {
      await file.close();
      await rm(path, { force: true });
      throw error;
    }
    return { path, file, size: MAGIC.length };
  }
}

function pathOf(dir: string, number: number): string {
  return join(dir, `samples-${number}.journal`);
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

/** A new file's name is kept by its folder. */
async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
