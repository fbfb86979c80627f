import { expect, it } from "vitest";
import { freeBuffer } from "./free-buffer.ts";

it("takes the memory of a long buffer, and lets short ones be", () => {
  const long = Buffer.alloc(1_000_000, 7);
  freeBuffer(long.buffer);
  expect(long.buffer.byteLength).toBe(0);
  const short = Buffer.from("of Node's own pool");
  freeBuffer(short.buffer);
  expect(short.toString()).toBe("of Node's own pool");
});

it("frees at once, however many there are", () => {
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 500; i += 1) freeBuffer(new Uint8Array(2_000_000).fill(i).buffer);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
});
