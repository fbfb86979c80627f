import { writeSync } from "node:fs";

/** Most text held for a reader that does not read, in UTF-16 units; what comes then is dropped. */
const maxHeld = 4 * 1024 * 1024;
/** From this much on the text is written at once. */
const writeAt = 64 * 1024;
/** How long a line waits for others, and how long for a reader whose pipe is full, in milliseconds. */
const waitMs = 10;

/**
 * Writes lines to a file descriptor, all lines of some milliseconds in one call: a call for each
 * line costs as much as answering the request that it tells of.
 */
export class Output {
  readonly #descriptor: number;
  #held = "";
  /** What a full pipe did not take. */
  #rest: Buffer | undefined;
  #scheduled = false;
  #dropped = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Lines that found no room, because nobody read. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes one line, its end included. Never throws. */
  write(line: string): void {
    if (this.#held.length + line.length + (this.#rest?.length ?? 0) > maxHeld) {
      this.#dropped += 1;
      return;
    }
    this.#held += line;
    if (this.#scheduled) return;
    if (this.#held.length >= writeAt) {
      this.flushSync();
      return;
    }
    this.#scheduled = true;
    setTimeout(this.#turn, waitMs);
  }

  /** Writes what is held; pino asks for it when its `flush` is called. */
  flush(done?: () => void): void {
    this.flushSync();
    done?.();
  }

  /** Writes what is held, as far as the reader takes it. pino asks for it after a fatal line. */
  flushSync(): void {
    try {
      const bytes = Buffer.from(this.#held);
      this.#held = "";
      let rest = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes]);
      this.#rest = undefined;
      while (rest.length > 0) {
        const written = this.#tryWrite(rest);
        if (written === "full") {
          this.#later(rest);
          break;
        }
        rest = rest.subarray(written);
      }
    } catch {
      // Nobody reads any more. The lines are lost, as they are with any program whose reader left.
      this.#dropped += 1;
    }
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

  #later(rest: Buffer): void {
    this.#rest = rest;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(this.#turn, waitMs).unref();
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
