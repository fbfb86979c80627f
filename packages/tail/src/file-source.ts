import { createHash } from "node:crypto";
import { open, readdir, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { assemble } from "./assemble.ts";
import type { Entry, FileLine } from "./assemble.ts";
import type { FilePosition } from "./positions.ts";

/** What is read of a file at once; a line that is longer is cut. */
const CHUNK_BYTES = 256 * 1024;
/** What a file begins with, by which it is known again. */
const HEAD_BYTES = 256;
/** How long the last line of a file is waited for to go on, ms. */
const QUIET_MS = 300;

/** What was read of a file. */
export interface FilePart {
  readonly entries: readonly Entry[];
  readonly end: number;
}

/** What is at a path: the device and inode, by which a file is known wherever it is moved. */
export async function keyAt(path: string): Promise<string | undefined> {
  try {
    const found = await stat(path, { bigint: true });
    return found.isFile() ? `${found.dev}:${found.ino}` : undefined;
  } catch {
    return undefined;
  }
}

/** One file that is open and read on from where it was. */
export class FileSource {
  readonly key: string;
  readonly isDocker: boolean;
  path: string;
  /** Since when nothing is at the path, or something else, ms. */
  movedAt: number | undefined;
  #handle: FileHandle;
  #offset = 0;
  #head: Buffer = Buffer.alloc(0);
  #size = 0;
  #grewAt = 0;
  /** The time and size at which the head was last compared. */
  #checked = "";

  private constructor(key: string, path: string, handle: FileHandle, isDocker: boolean) {
    this.key = key;
    this.path = path;
    this.isDocker = isDocker;
    this.#handle = handle;
  }

  /** Opens what is at a path; undefined when there is no file, or another one than `key`. */
  static async open(
    path: string,
    isDocker: boolean,
    key?: string,
  ): Promise<FileSource | undefined> {
    let handle: FileHandle;
    try {
      handle = await open(path, "r");
    } catch {
      return undefined;
    }
    const found = await handle.stat({ bigint: true });
    const its = `${found.dev}:${found.ino}`;
    if (!found.isFile() || (key !== undefined && key !== its)) {
      await handle.close();
      return undefined;
    }
    return new FileSource(its, path, handle, isDocker);
  }

  /** Bytes that have been read and delivered. */
  get offset(): number {
    return this.#offset;
  }

  get position(): FilePosition {
    return {
      key: this.key,
      path: this.path,
      offset: this.#offset,
      headBytes: this.#head.length,
      headHash: hashOf(this.#head),
    };
  }

  /** Goes on where it was, if the file still begins as it did; else at its beginning. */
  async resume({ offset, headBytes, headHash }: FilePosition): Promise<boolean> {
    const head = await this.#read(0, Math.min(headBytes, HEAD_BYTES));
    const { size } = await this.#handle.stat();
    if (hashOf(head) !== headHash || size < offset) return false;
    this.#head = head;
    this.#offset = offset;
    return true;
  }

  /** Leaves out what is there already. */
  async skipToEnd(): Promise<void> {
    const { size } = await this.#handle.stat();
    this.#head = await this.#read(0, Math.min(size, HEAD_BYTES));
    this.#offset = size;
  }

  /** Whether another file begins as this one and is at least as long as was read of it: a copy. */
  async #isCopiedTo(path: string): Promise<boolean> {
    if (this.#head.length === 0) return false;
    const copy = await FileSource.open(path, this.isDocker);
    if (copy === undefined) return false;
    try {
      return copy.key !== this.key && (await copy.resume(this.position));
    } finally {
      await copy.close();
    }
  }

  /** Whether the file has been cut or written anew since it was read. */
  async isTruncated(): Promise<boolean> {
    const { size, mtimeMs } = await this.#handle.stat();
    if (size < this.#offset) return true;
    const state = `${mtimeMs} ${size}`;
    if (this.#head.length === 0 || state === this.#checked) return false;
    this.#checked = state;
    return !this.#head.equals(await this.#read(0, this.#head.length));
  }

  /** Begins anew with a file that was cut. */
  restart(): void {
    this.#offset = 0;
    this.#head = Buffer.alloc(0);
    this.#size = 0;
  }

  /** Files beside this one that hold what it held before it was cut. */
  async copies(): Promise<string[]> {
    const folder = dirname(this.path);
    const name = basename(this.path);
    const names = await readdir(folder).catch(() => []);
    const beside = names.filter(
      (each) => /^[.-]/.test(each.slice(name.length)) && each.startsWith(name) && !isPacked(each),
    );
    const found: string[] = [];
    for (const each of beside) {
      if (await this.#isCopiedTo(join(folder, each))) found.push(join(folder, each));
    }
    return found;
  }

  /**
   * Reads what comes next. What may go on is left for later, unless `final`, or nothing has come for a
   * while. `until`: reads just up to there.
   */
  async read(now: number, options: { final?: boolean; until?: number } = {}): Promise<FilePart> {
    const { size } = await this.#handle.stat();
    if (size !== this.#size) {
      this.#size = size;
      this.#grewAt = now;
    }
    const start = this.#offset;
    const wanted = options.until === undefined ? CHUNK_BYTES : options.until - start;
    const nothing = { entries: [], end: start };
    if (size <= start || wanted <= 0 || wanted > CHUNK_BYTES) return nothing;
    const before = await this.#read(0, HEAD_BYTES);
    const chunk = await this.#read(start, wanted);
    const head = await this.#read(0, HEAD_BYTES);
    // Cut and written anew at this moment: the next look will see it.
    if (!begins(before, this.#head) || !begins(head, before)) return nothing;
    // Known before anything is delivered: the file may be another one by then.
    this.#head = head;
    const atEnd = start + chunk.length >= size;
    const quiet = atEnd && now - this.#grewAt >= QUIET_MS;
    const gone = options.final === true && atEnd;
    const lines = linesOf(chunk, start, gone || options.until !== undefined);
    // A chunk without a newline is a line without an end, which is cut.
    if (lines.length === 0 && chunk.length === CHUNK_BYTES) {
      lines.push({ start, end: start + chunk.length, text: chunk.toString("utf8") });
    }
    const final = quiet || gone || options.until !== undefined;
    const whole = assemble(lines, { docker: this.isDocker, final });
    // One entry that fills the chunk is taken as it is.
    if (whole.end > start || lines.length === 0 || chunk.length < CHUNK_BYTES) return whole;
    return assemble(lines, { docker: this.isDocker, final: true });
  }

  /** Up to here has been delivered. */
  advance(end: number): void {
    this.#offset = end;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #read(at: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, at + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }
}

function begins(bytes: Buffer, head: Buffer): boolean {
  return bytes.subarray(0, head.length).equals(head);
}

/** Whether a file is an archive by its name. */
export function isPacked(path: string): boolean {
  return /\.(?:gz|bz2|xz|zst|zip|lz4)$/.test(path);
}

function linesOf(chunk: Buffer, offset: number, withRest: boolean): FileLine[] {
  const lines: FileLine[] = [];
  let at = 0;
  for (;;) {
    const end = chunk.indexOf(0x0a, at);
    if (end === -1) break;
    const text = chunk.toString("utf8", at, end).replace(/\r$/, "");
    lines.push({ start: offset + at, end: offset + end + 1, text });
    at = end + 1;
  }
  if (withRest && at < chunk.length) {
    lines.push({
      start: offset + at,
      end: offset + chunk.length,
      text: chunk.toString("utf8", at),
    });
  }
  return lines;
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
}
