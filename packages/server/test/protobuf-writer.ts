/** Writes protobuf messages field by field, for tests that send what clients send. */
export class ProtoWriter {
  readonly #parts: number[] = [];

  bytes(): Buffer {
    return Buffer.from(this.#parts);
  }

  /** A varint: any integer type, negative ones as 64-bit two's complement. */
  varint(field: number, value: number | bigint): this {
    return this.#tag(field, 0).#number(BigInt(value));
  }

  /** A zigzag varint. */
  sint(field: number, value: number | bigint): this {
    const wide = BigInt(value);
    return this.varint(field, wide < 0n ? -2n * wide - 1n : 2n * wide);
  }

  double(field: number, value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return this.fixed64(field, bytes.readBigUInt64LE());
  }

  /** 64 bits as they are. */
  fixed64(field: number, bits: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, bits));
    this.#tag(field, 1).#parts.push(...bytes);
    return this;
  }

  text(field: number, value: string | Uint8Array): this {
    const bytes = Buffer.from(value);
    this.#tag(field, 2).#number(BigInt(bytes.length));
    for (const byte of bytes) this.#parts.push(byte);
    return this;
  }

  message(field: number, write: (inner: ProtoWriter) => unknown): this {
    const inner = new ProtoWriter();
    write(inner);
    return this.text(field, inner.bytes());
  }

  /** A packed list; `write` adds each with field 0, of which only the value is kept. */
  packed(field: number, values: readonly number[], kind: "varint" | "sint" | "double"): this {
    const bytes = values.flatMap((value) => {
      const one = new ProtoWriter();
      one[kind](1, value);
      return [...one.bytes().subarray(1)];
    });
    return this.text(field, Uint8Array.from(bytes));
  }

  #tag(field: number, wire: number): this {
    return this.#number(BigInt(field * 8 + wire));
  }

  #number(value: bigint): this {
    let rest = BigInt.asUintN(64, value);
    while (rest > 127n) {
      this.#parts.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.#parts.push(Number(rest));
    return this;
  }
}
