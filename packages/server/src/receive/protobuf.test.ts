import fc from "fast-check";
import { expect, it } from "vitest";
import { ProtoWriter } from "../../test/protobuf-writer.ts";
import { ProtobufError, ProtoReader, tagOf, WIRE } from "./protobuf.ts";

function one<T>(written: ProtoWriter, read: (reader: ProtoReader) => T): T {
  const reader = new ProtoReader(written.bytes());
  reader.nextTag();
  const value = read(reader);
  expect(reader.more).toBe(false);
  return value;
}

it("reads every kind of number as it was written", () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(int64, (value) => {
      expect(one(new ProtoWriter().varint(1, value), (r) => r.int64())).toBe(Number(value));
      expect(one(new ProtoWriter().fixed64(1, value), (r) => r.sfixed64())).toBe(Number(value));
      const unsigned = BigInt.asUintN(64, value);
      expect(one(new ProtoWriter().varint(1, unsigned), (r) => r.uint64())).toBe(Number(unsigned));
      expect(one(new ProtoWriter().fixed64(1, value), (r) => r.fixed64())).toBe(Number(unsigned));
      expect(one(new ProtoWriter().varint(1, unsigned), (r) => r.uint32())).toBe(
        Number(BigInt.asUintN(32, unsigned)),
      );
    }),
  );
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(one(new ProtoWriter().sint(1, value), (r) => r.sint64())).toBe(value + 0);
    }),
  );
  fc.assert(
    fc.property(fc.double(), (value) => {
      expect(one(new ProtoWriter().double(1, value), (r) => r.double())).toBe(value);
    }),
  );
});

it("keeps a float's bits", () => {
  const into = new BigUint64Array(2);
  one(new ProtoWriter().fixed64(1, 0x7ff0000000000002n), (r) =>
    r.doubleBits(new Uint8Array(into.buffer), 8),
  );
  expect(into[1]).toBe(0x7ff0000000000002n);
});

it("steps into messages and over what it does not know", () => {
  const written = new ProtoWriter()
    .text(9, "unknown")
    .varint(8, 300)
    .double(7, 1)
    .message(1, (inner) => inner.text(2, "wörd").varint(3, 5));
  const reader = new ProtoReader(written.bytes());
  const texts: string[] = [];
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag !== tagOf(1, WIRE.bytes)) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.open();
    reader.nextTag();
    texts.push(reader.string());
    reader.close(outer);
  }
  expect(texts).toEqual(["wörd"]);
});

it("says where a message is malformed", () => {
  const read = (...bytes: number[]) => {
    const reader = new ProtoReader(Buffer.from(bytes));
    while (reader.more) reader.skip(reader.nextTag());
  };
  expect(() => read(0x0a, 5, 1)).toThrow(/at byte 2: 5 bytes were announced and 1 are left/);
  expect(() => read(0x08, 0x80)).toThrow(/at byte 1: it ends within a number/);
  expect(() => read(0x08, ...Array<number>(11).fill(0xff))).toThrow(/more than ten bytes/);
  expect(() => read(0x00)).toThrow(/field 0/);
  expect(() => read(0x0b)).toThrow(/wire type 3/);
  expect(() => read(0x09, 1)).toThrow(ProtobufError);
});
