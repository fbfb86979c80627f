import { writeSync } from "node:fs";

/** Most bytes held for a reader that does not read; what comes then is dropped. */
const maxHeld = 4 * 1024 * 1024;

/** From this many bytes on they are written at once. */
const writeAt = 64 * 1024;

/** How long a line waits for others, and how long for a reader whose pipe is full, in milliseconds. */
const waitMs = 10;

/** Most bytes that a UTF-16 unit becomes. */
const bytesPerUnit = 3;

/**
 * Writes lines to a file descriptor, all lines of some milliseconds in one call: a call for each
 * line costs as much as answering the request that it tells of. Lines are encoded as they come: text
 * that is kept for milliseconds is copied by every garbage collection.
 */
export class Output {
  readonly #descriptor: number;
  #lines: Buffer | undefined;
  /** Where in `#lines` the next line goes. */
  #end = 0;
  /** What a full pipe did not take, in order. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Used again and again: a new one for each batch would be garbage a hundred times a second. */
  #timer: NodeJS.Timeout | undefined;
  #scheduled = false;
  #dropped = 0;
  readonly #sources = new Set<() => void>();

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Lines that found no room, because nobody read. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes one line, its end included. Never throws. */
  write(line: string): void {
    const most = line.length * bytesPerUnit;
    if (this.#waitingBytes + this.#end + most > maxHeld) {
      this.#dropped += 1;
      return;
    }
    this.#lines ??= Buffer.allocUnsafeSlow(2 * writeAt);
    if (this.#end + most > this.#lines.length) this.#makeRoom();
    if (most <= this.#lines.length) this.#end += this.#lines.write(line, this.#end);
    else this.#wait(Buffer.from(line));
    if (this.#scheduled) return;
    if (this.#end >= writeAt) this.flushSync();
    else this.#schedule().ref();
  }

  /** Has `source` write, before what is held is written, what it still holds. Returns what ends that. */
  feed(source: () => void): () => void {
    this.#sources.add(source);
    return () => this.#sources.delete(source);
  }

  /** Writes what is held; pino asks for it when its `flush` is called. */
  flush(done?: () => void): void {
    this.flushSync();
    done?.();
  }

  /** Writes what is held, as far as the reader takes it. pino asks for it after a fatal line. */
  flushSync(): void {
    for (const source of this.#sources) source();
    try {
      if (this.#waiting.length > 0) this.#makeRoom();
      else if (this.#lines !== undefined) {
        const rest = this.#writeAll(this.#lines.subarray(0, this.#end));
        this.#end = 0;
        // The place is used again.
        if (rest.length > 0) this.#wait(Buffer.from(rest));
      }
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        const rest = this.#writeAll(next);
        this.#waitingBytes -= next.length - rest.length;
        if (rest.length > 0) {
          this.#waiting[0] = rest;
          // For a reader that does not read the process does not wait.
          if (!this.#scheduled) this.#schedule().unref();
          break;
        }
        this.#waiting.shift();
      }
    } catch {
      // Nobody reads any more. The lines are lost, as they are with any program whose reader left.
      this.#dropped += 1;
      this.#end = 0;
      this.#waiting = [];
      this.#waitingBytes = 0;
    }
  }

  /** Empties the place for lines: writes them, or lets them wait behind those that wait already. */
  #makeRoom(): void {
    if (this.#waiting.length === 0) {
      this.flushSync();
      return;
    }
    if (this.#lines !== undefined && this.#end > 0)
      this.#wait(Buffer.from(this.#lines.subarray(0, this.#end)));
    this.#end = 0;
  }

  #wait(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  /** What the reader did not take of `bytes`. */
  #writeAll(bytes: Buffer): Buffer {
    let rest = bytes;
    while (rest.length > 0) {
      const written = this.#tryWrite(rest);
      if (written === "full") break;
      rest = rest.subarray(written);
    }
    return rest;
  }

  readonly #turn = (): void => {
    this.#scheduled = false;
    this.flushSync();
  };

  #tryWrite(bytes: Buffer): number | "full" {
    try {
      return writeSync(this.#descriptor, bytes);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return "full";
      throw error;
    }
  }

  /** Has what is held written in a moment. */
  #schedule(): NodeJS.Timeout {
    this.#scheduled = true;
    this.#timer = this.#timer?.refresh() ?? setTimeout(this.#turn, waitMs);
    return this.#timer;
  }
}

let shared: Output | undefined;

/** Standard output; all kits of the process share it, and it is written out when the process ends. */
export function standardOutput(): Output {
  if (shared !== undefined) return shared;
  const output = new Output(1);
  process.on("exit", () => output.flushSync());
  shared = output;
  return output;
}
