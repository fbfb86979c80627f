const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
/** Bytes kept free for the length of a message whose length is not known yet. */
const LENGTH_BYTES = 5;
const FIRST_CAPACITY = 64 * 1024;

/**
 * Writes protobuf's wire format into one growing buffer. An embedded message is written where it goes;
 * its length is put in front afterwards, as a varint of five bytes, which readers take.
 */
export class ProtoWriter {
  #bytes = Buffer.allocUnsafe(FIRST_CAPACITY);
  #at = 0;

  /** An embedded message: `write` writes its fields. */
  message(field: number, write: () => void): void {
    this.#tag(field, BYTES);
    this.#reserve(LENGTH_BYTES);
    const start = this.#at + LENGTH_BYTES;
    this.#at = start;
    write();
    let length = this.#at - start;
    for (let i = start - LENGTH_BYTES; i < start; i += 1) {
      this.#bytes[i] = (length & 0x7f) | (i === start - 1 ? 0 : 0x80);
      length >>>= 7;
    }
  }

  text(field: number, value: string): void {
    this.#tag(field, BYTES);
    const length = Buffer.byteLength(value);
    this.#varint(length);
    this.#reserve(length);
    this.#at += this.#bytes.write(value, this.#at);
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, BYTES);
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** 64 bits as they are. */
  fixed64(field: number, value: bigint): void {
    this.#tag(field, FIXED64);
    this.#reserve(8);
    this.#at = this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.#at);
  }

  double(field: number, value: number): void {
    this.doubleAt(field, Float64Array.of(value), 0);
  }

  /** One value of an array with its bits untouched. */
  doubleAt(field: number, values: Float64Array, index: number): void {
    this.#tag(field, FIXED64);
    this.#doubles(values.subarray(index, index + 1));
  }

  packedDoubles(field: number, values: Float64Array): void {
    this.#tag(field, BYTES);
    this.#varint(values.length * 8);
    this.#doubles(values);
  }

  /** A whole number from 0 to 2^53. */
  int64(field: number, value: number): void {
    this.#tag(field, VARINT);
    this.#varint(value);
  }

  sint32(field: number, value: number): void {
    this.#tag(field, VARINT);
    this.#varint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  #tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire);
  }

  #varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) {
      this.#bytes[this.#at] = (rest % 128) + 128;
      this.#at += 1;
    }
    this.#bytes[this.#at] = rest;
    this.#at += 1;
  }

  #doubles(values: Float64Array): void {
    this.#reserve(values.byteLength);
    this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), this.#at);
    this.#at += values.byteLength;
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + count));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}
