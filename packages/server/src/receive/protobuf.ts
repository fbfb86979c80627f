import { SeaworthyError } from "../model/index.ts";

/** Bytes that are no message of their schema. `offset` counts from the start of the whole message. */
export class ProtobufError extends SeaworthyError {
  readonly code = "protobuf_malformed";
  override readonly status = 400;
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(`the protobuf message is malformed at byte ${offset}: ${reason}`);
    this.name = "ProtobufError";
    this.offset = offset;
  }
}

/** How a field is written; the low three bits of its tag. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** The tag of a field, as `nextTag` answers it. */
export function tagOf(field: number, wire: (typeof WIRE)[keyof typeof WIRE]): number {
  return (field << 3) | wire;
}

const TWO_32 = 4_294_967_296;

/**
 * Reads protobuf's wire format from front to back without allocating: whoever knows the schema asks
 * field by field. `open` narrows the reader to an embedded message, `close` steps out of it. Every
 * read is checked against the bounds of the message that it is in; nothing is recursive, so depth is
 * the caller's code. https://protobuf.dev/programming-guides/encoding/
 */
export class ProtoReader {
  readonly bytes: Buffer;
  at = 0;
  #end: number;
  readonly #float = new Float64Array(1);
  readonly #floatBytes = new Uint8Array(this.#float.buffer);

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#end = bytes.length;
  }

  /** Whether the message that is open has more fields. */
  get more(): boolean {
    return this.at < this.#end;
  }

  /** Where the message that is open ends. */
  get end(): number {
    return this.#end;
  }

  /** The next field's tag: its number times 8, plus its wire type. */
  nextTag(): number {
    const tag = this.uint32();
    if (tag < 8) this.fail("field 0 does not exist");
    return tag;
  }

  /** Steps into the embedded message (or packed list, or string) here. Give the answer to `close`. */
  open(): number {
    const length = this.uint32();
    const end = this.at + length;
    if (end > this.#end) {
      this.fail(`${length} bytes were announced and ${this.#end - this.at} are left`);
    }
    const outer = this.#end;
    this.#end = end;
    return outer;
  }

  /** Steps out to the message that ends at `outer`, past whatever was not read. */
  close(outer: number): void {
    this.at = this.#end;
    this.#end = outer;
  }

  /** A varint's lower 32 bits, unsigned. */
  uint32(): number {
    const { bytes } = this;
    let at = this.at;
    // One byte is by far the most frequent.
    let byte = bytes[at] ?? 0;
    if (byte < 0x80 && at < this.#end) {
      this.at = at + 1;
      return byte;
    }
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= this.#end) this.fail("it ends within a number");
      byte = bytes[at] ?? 0;
      at += 1;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return value >>> 0;
      }
    }
    return this.fail("a number has more than ten bytes");
  }

  /** A varint of 64 bits with its sign; beyond 2^53 the nearest number. */
  int64(): number {
    this.#varint();
    return (this.#high | 0) * TWO_32 + this.#low;
  }

  /** A varint of 64 bits without sign; beyond 2^53 the nearest number. */
  uint64(): number {
    this.#varint();
    return this.#high * TWO_32 + this.#low;
  }

  /** A zigzag varint of up to 64 bits (sint32, sint64); beyond 2^53 the nearest number. */
  sint64(): number {
    this.#varint();
    const negative = (this.#low & 1) === 1;
    const low = ((this.#low >>> 1) | (this.#high << 31)) >>> 0;
    const half = (this.#high >>> 1) * TWO_32 + low;
    return negative ? -half - 1 : half;
  }

  /** A varint of 64 bits with its sign, with every digit. */
  bigInt64(): bigint {
    this.#varint();
    return BigInt.asIntN(64, (BigInt(this.#high) << 32n) | BigInt(this.#low));
  }

  #low = 0;
  #high = 0;
  #varint(): void {
    const { bytes } = this;
    let at = this.at;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= this.#end) this.fail("it ends within a number");
      const byte = bytes[at] ?? 0;
      at += 1;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= (bits & 1) << 31;
      if (byte < 0x80) {
        this.at = at;
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    this.fail("a number has more than ten bytes");
  }

  /** A 64-bit float. A NaN's payload may be lost: use `doubleBits` where it matters. */
  double(): number {
    this.doubleBits(this.#floatBytes, 0);
    return this.#float[0] ?? 0;
  }

  /** Copies a 64-bit float's bytes into `into` at byte `offset`, on a machine that is little-endian. */
  doubleBits(into: Uint8Array, offset: number): void {
    const { bytes, at } = this;
    if (at + 8 > this.#end) this.fail("it ends within a 64-bit value");
    for (let i = 0; i < 8; i += 1) into[offset + i] = bytes[at + i] ?? 0;
    this.at = at + 8;
  }

  /** A fixed 64-bit integer without sign; beyond 2^53 the nearest number. */
  fixed64(): number {
    const { at } = this;
    if (at + 8 > this.#end) this.fail("it ends within a 64-bit value");
    this.at = at + 8;
    return this.bytes.readUInt32LE(at + 4) * TWO_32 + this.bytes.readUInt32LE(at);
  }

  /** A fixed 64-bit integer with its sign; beyond 2^53 the nearest number. */
  sfixed64(): number {
    const { at } = this;
    if (at + 8 > this.#end) this.fail("it ends within a 64-bit value");
    this.at = at + 8;
    return this.bytes.readInt32LE(at + 4) * TWO_32 + this.bytes.readUInt32LE(at);
  }

  /** A fixed 64-bit number of nanoseconds as whole milliseconds, exactly. */
  nanoseconds(): number {
    const { at } = this;
    if (at + 8 > this.#end) this.fail("it ends within a 64-bit value");
    this.at = at + 8;
    const high = this.bytes.readUInt32LE(at + 4);
    // 2^32 = 4294 · 10^6 + 967,296, and no term here reaches 2^53.
    return high * 4294 + Math.floor((high * 967_296 + this.bytes.readUInt32LE(at)) / 1_000_000);
  }

  /** All 64 bits, which a number does not hold; beyond what is signed it is out of any bounds. */
  bigFixed64(): bigint {
    const { at } = this;
    if (at + 8 > this.#end) this.fail("it ends within a 64-bit value");
    this.at = at + 8;
    return this.bytes.readBigInt64LE(at);
  }

  /** A text; bytes that are not UTF-8 become U+FFFD. */
  string(): string {
    const outer = this.open();
    const text = this.bytes.toString("utf8", this.at, this.#end);
    this.close(outer);
    return text;
  }

  /** The bytes themselves, not a copy. */
  blob(): Buffer {
    const outer = this.open();
    const blob = this.bytes.subarray(this.at, this.#end);
    this.close(outer);
    return blob;
  }

  /** Passes over the value of a field that is of no interest. */
  skip(tag: number): void {
    const wire = tag & 7;
    if (wire === WIRE.varint) this.#varint();
    else if (wire === WIRE.fixed64) this.#advance(8);
    else if (wire === WIRE.bytes) this.close(this.open());
    else if (wire === WIRE.fixed32) this.#advance(4);
    else this.fail(`field ${tag >>> 3} has the unknown wire type ${wire}`);
  }

  /** Throws: the bytes here are not what the schema says. */
  fail(reason: string): never {
    throw new ProtobufError(reason, this.at);
  }

  #advance(count: number): void {
    if (this.at + count > this.#end) this.fail("it ends within a field");
    this.at += count;
  }
}
