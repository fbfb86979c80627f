import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A batch that waits on disk. */
export interface Spooled {
  readonly name: string;
  /** Items in it. */
  readonly count: number;
  readonly bytes: number;
}

/** Why items left the spool undelivered: a closed list, because it is a label value. */
export type SpoolLoss = "spool_full" | "corrupt";

export interface SpoolParts {
  readonly folder: string;
  /** Whose batches these are: part of the files' names. */
  readonly signal: string;
  /** Most bytes of all files together; the oldest make room. */
  readonly maxBytes: number;
  readonly lost: (reason: SpoolLoss, count: number) => void;
}

/** `time-sequence-process-count.signal`: in the order of names is in the order of time. */
const namePattern = /^([0-9a-z]{9})-([0-9a-z]{6})-(\d{1,10})-(\d{1,7})\.([a-z]{1,10})$/;
const hashBytes = 20;
/** What is still being written ends with this. */
const unfinished = ".part";

/**
 * Batches on disk, oldest first, for when Seaworthy is away and the process may be killed meanwhile.
 * What is written is there when the process dies, though not when the machine does. A process takes
 * over what another that is no more has left.
 */
export class Spool {
  readonly #parts: SpoolParts;
  /** Oldest first. */
  #files: Spooled[] = [];
  #bytes = 0;
  #sequence = 0;
  /** What is being sent, which makes no room. */
  #underWay: Spooled | undefined;
  #opened: Promise<void> | undefined;

  constructor(parts: SpoolParts) {
    this.#parts = parts;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The oldest batch. */
  get oldest(): Spooled | undefined {
    return this.#files[0];
  }

  /** Makes the folder and takes over what is there. Rejects when the folder cannot be used. */
  open(): Promise<void> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async #open(): Promise<void> {
    const { folder, signal } = this.#parts;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of (await readdir(folder)).sort()) {
      const parsed = namePattern.exec(name.replace(unfinished, ""));
      const [, time, sequence, owner = "", count, whose] = parsed ?? [];
      if (whose !== signal || isAlive(Number(owner))) continue;
      if (name.endsWith(unfinished)) {
        await rm(join(folder, name), { force: true });
        continue;
      }
      const own = `${time}-${sequence}-${process.pid}-${count}.${signal}`;
      try {
        // Of several processes that start together, one has it.
        await rename(join(folder, name), join(folder, own));
        const { size } = await stat(join(folder, own));
        this.#files.push({ name: own, count: Number(count), bytes: size });
        this.#bytes += size;
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    await this.#makeRoom(0);
  }

  /** Writes a batch. Rejects when the disk does not take it. */
  async write(body: Uint8Array, count: number): Promise<void> {
    await this.open();
    const { folder, signal, maxBytes, lost } = this.#parts;
    const bytes = hashBytes + body.length;
    await this.#makeRoom(bytes);
    if (this.#bytes + bytes > maxBytes) {
      lost("spool_full", count);
      return;
    }
    this.#sequence = (this.#sequence + 1) % 36 ** 6;
    const time = Date.now().toString(36).padStart(9, "0");
    const sequence = this.#sequence.toString(36).padStart(6, "0");
    const name = `${time}-${sequence}-${process.pid}-${count}.${signal}`;
    const path = join(folder, name);
    await writeFile(path + unfinished, Buffer.concat([hashOf(body), body]), { mode: 0o600 });
    await rename(path + unfinished, path);
    this.#files.push({ name, count, bytes });
    this.#bytes += bytes;
  }

  /**
   * The body of a batch; undefined when it was not what was written, and is then let go. Until
   * {@link remove} or {@link putBack} the batch does not make room for others.
   */
  async read(file: Spooled): Promise<Uint8Array | undefined> {
    const { folder, lost } = this.#parts;
    if (!this.#files.includes(file)) return undefined;
    this.#underWay = file;
    let whole: Buffer;
    try {
      whole = await readFile(join(folder, file.name));
    } catch (error) {
      if (!isMissing(error)) throw error;
      whole = Buffer.alloc(0);
    }
    const body = whole.subarray(hashBytes);
    if (whole.length > hashBytes && hashOf(body).equals(whole.subarray(0, hashBytes))) return body;
    await this.remove(file);
    lost("corrupt", file.count);
    return undefined;
  }

  /** A batch that was read is to be read again later. */
  putBack(): void {
    this.#underWay = undefined;
  }

  /** Lets go of a batch. */
  async remove(file: Spooled): Promise<void> {
    if (this.#underWay === file) this.#underWay = undefined;
    const at = this.#files.indexOf(file);
    if (at === -1) return;
    this.#files.splice(at, 1);
    this.#bytes -= file.bytes;
    await rm(join(this.#parts.folder, file.name), { force: true });
  }

  async #makeRoom(bytes: number): Promise<void> {
    const { maxBytes, lost } = this.#parts;
    while (this.#bytes + bytes > maxBytes) {
      const file = this.#files.find((each) => each !== this.#underWay);
      if (file === undefined) return;
      await this.remove(file);
      lost("spool_full", file.count);
    }
  }
}

function hashOf(body: Uint8Array): Buffer {
  return createHash("sha1").update(body).digest();
}

/** Whether another process of this number lives: its files are its own. */
function isAlive(pid: number): boolean {
  if (pid === process.pid || pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
