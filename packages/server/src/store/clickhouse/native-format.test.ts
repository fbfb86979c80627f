import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeBlocks, encodeBlock } from "./native-format.ts";
import type { ColumnInput } from "./native-format.ts";

const columns = (rows: number): readonly ColumnInput[] => [
  { name: "a", type: "UInt32", data: Uint32Array.from({ length: rows }, (_, i) => i * 7) },
  { name: "b", type: "UInt64", data: BigUint64Array.from({ length: rows }, (_, i) => -BigInt(i)) },
  { name: "c", type: "Float64", data: Float64Array.from({ length: rows }, (_, i) => i / 3) },
  { name: "d", type: "String", data: Array.from({ length: rows }, (_, i) => "ü".repeat(i % 200)) },
  {
    name: "e",
    type: "Map(String, String)",
    data: Array.from({ length: rows }, (_, i) => ({ k: `${i}`, l: "" })),
  },
  {
    name: "f",
    type: "DateTime64(3, 'UTC')",
    data: Float64Array.from({ length: rows }, (_, i) => i * 2 ** 33 - 5),
  },
];

it("decodes what it encodes", () => {
  const bytes = Buffer.concat([encodeBlock(300, columns(300)), encodeBlock(2, columns(2))]);
  const [first, second] = decodeBlocks(bytes);
  expect(first?.rows).toBe(300);
  expect(second?.columns.get("c")).toMatchObject({
    kind: "numbers",
    data: Float64Array.of(0, 1 / 3),
  });
  expect(first?.columns.get("f")).toMatchObject({
    kind: "numbers",
    data: BigInt64Array.from({ length: 300 }, (_, i) => BigInt(i) * 2n ** 33n - 5n),
  });
  expect(second?.columns.get("e")).toEqual({
    kind: "map",
    ends: Float64Array.of(2, 4),
    keys: { kind: "strings", data: ["k", "l", "k", "l"] },
    values: { kind: "strings", data: ["0", "", "1", ""] },
  });
});

it("refuses answers that are cut short, whatever they hold", () => {
  const whole = encodeBlock(20, columns(20));
  for (let length = 1; length < whole.length; length += 1) {
    expect(() => decodeBlocks(whole.subarray(0, length))).toThrow(RangeError);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeBlocks(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
    { numRuns: 2000 },
  );
});
