const LF = 0x0a;
const NUL = 0x00;
const SPACE = 0x20;
/** `123456789 <`: what is longer is no count. */
const COUNT_LENGTH = 10;

/**
 * Cuts a stream of syslog over TCP into messages, by both ways of RFC 6587, told apart message by
 * message: a count of octets before each, or a newline (or NUL) behind each. A message that is longer
 * than it may be is left out, told by `tooLong`, without being held in memory.
 */
export class SyslogFrames {
  readonly #maxBytes: number;
  readonly #take: (message: Buffer) => void;
  readonly #tooLong: () => void;
  /** Bytes of a message whose end has not come. */
  #held: Buffer = Buffer.alloc(0);
  /** Bytes that are still to be passed over; Infinity: all up to the next newline. */
  #skip = 0;

  constructor(options: {
    readonly maxBytes: number;
    readonly take: (message: Buffer) => void;
    readonly tooLong: () => void;
  }) {
    this.#maxBytes = options.maxBytes;
    this.#take = options.take;
    this.#tooLong = options.tooLong;
  }

  /** Bytes that are held. */
  get held(): number {
    return this.#held.length;
  }

  push(chunk: Buffer): void {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    while (rest.length > 0) {
      const next = this.#skip > 0 ? this.#pass(rest) : this.#one(rest);
      if (next === undefined) {
        // A copy: what is held must not keep a larger chunk in memory.
        this.#held = Buffer.from(rest);
        return;
      }
      rest = next;
    }
  }

  /** The end of the stream: a last message may have no newline. */
  end(): void {
    if (this.#held.length > 0 && countIn(this.#held) === undefined) this.#take(this.#held);
    this.#held = Buffer.alloc(0);
  }

  #pass(rest: Buffer): Buffer {
    if (this.#skip !== Number.POSITIVE_INFINITY) {
      const passed = Math.min(this.#skip, rest.length);
      this.#skip -= passed;
      return rest.subarray(passed);
    }
    const end = endOf(rest);
    if (end === -1) return rest.subarray(rest.length);
    this.#skip = 0;
    return rest.subarray(end + 1);
  }

  /** Takes one message and answers what is behind it; undefined when its end has not come. */
  #one(rest: Buffer): Buffer | undefined {
    const counted = countIn(rest);
    if (counted === "more") return undefined;
    if (counted !== undefined) {
      const { start, length } = counted;
      if (length > this.#maxBytes) {
        this.#tooLong();
        this.#skip = length;
        return rest.subarray(start);
      }
      if (rest.length < start + length) return undefined;
      this.#take(rest.subarray(start, start + length));
      return rest.subarray(start + length);
    }
    const end = endOf(rest);
    if (end === -1 && rest.length <= this.#maxBytes) return undefined;
    if (end === -1 || end > this.#maxBytes) {
      this.#tooLong();
      this.#skip = Number.POSITIVE_INFINITY;
      return rest;
    }
    if (end > 0) this.#take(rest.subarray(0, end));
    return rest.subarray(end + 1);
  }
}

function endOf(bytes: Buffer): number {
  const line = bytes.indexOf(LF);
  const nul = bytes.subarray(0, line === -1 ? bytes.length : line).indexOf(NUL);
  return nul === -1 ? line : nul;
}

/**
 * A count of octets at the front, which is digits, a space, and the `<` that every message begins
 * with: a line of text may begin with a number, too. "more": too few bytes to tell.
 */
function countIn(
  bytes: Buffer,
): { readonly start: number; readonly length: number } | "more" | undefined {
  let at = 0;
  let length = 0;
  while (at < bytes.length && at < COUNT_LENGTH && isDigit(bytes[at] ?? 0)) {
    length = length * 10 + ((bytes[at] ?? 0) - 0x30);
    at += 1;
  }
  if (at === 0 || at === COUNT_LENGTH || bytes[0] === 0x30) return undefined;
  if (at === bytes.length) return "more";
  if (bytes[at] !== SPACE) return undefined;
  if (at + 1 === bytes.length) return "more";
  return bytes[at + 1] === 0x3c ? { start: at + 1, length } : undefined;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
