import { randomBytes } from "node:crypto";
import { compressSync } from "snappy";
import { expect, it } from "vitest";
import { uncompressBlock } from "./snappy.ts";

it("gives back what was compressed", () => {
  for (const body of [Buffer.alloc(0), Buffer.from("a"), randomBytes(100_000), Buffer.alloc(1e6)]) {
    expect(uncompressBlock(compressSync(body), 1e6).equals(body)).toBe(true);
  }
});

it("refuses what is too large before it takes memory, and what is damaged", () => {
  const body = compressSync(Buffer.alloc(1001));
  expect(() => uncompressBlock(body, 1000)).toThrow("1001 bytes decompressed (limit 1000)");
  expect(() => uncompressBlock(Buffer.from([0xff, 0xff, 0xff, 0x07, 1]), 1e8)).toThrow(
    "5 bytes cannot become 16777215",
  );
  const damaged = [[], [0x80], [10, 0], [5, 2, 3, 4], [0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]];
  for (const bytes of damaged) {
    expect(() => uncompressBlock(Buffer.from(bytes), 1000)).toThrow(/Snappy's block format/);
  }
});
