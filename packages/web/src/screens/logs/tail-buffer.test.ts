import { expect, it } from "vitest";
import { TailBuffer } from "./tail-buffer.ts";

it("keeps the newest and counts what it lost", () => {
  const buffer = new TailBuffer<number>(5, Number.POSITIVE_INFINITY, () => 1);
  buffer.add([1, 2, 3]);
  expect(buffer.newest(2)).toEqual([3, 2]);
  expect([buffer.size, buffer.lost]).toEqual([3, 0]);
  buffer.add([4, 5, 6, 7]);
  expect(buffer.newest(10)).toEqual([7, 6, 5, 4, 3]);
  expect([buffer.size, buffer.lost]).toEqual([5, 2]);
  buffer.add(Array.from({ length: 20 }, (_, i) => 100 + i));
  expect(buffer.newest(1)).toEqual([119]);
  expect([buffer.size, buffer.lost]).toEqual([5, 22]);
});

it("keeps no more than there is room for", () => {
  const buffer = new TailBuffer<string>(5, 10, ({ length }) => length);
  buffer.add(["aaaa", "bbbb", "cc"]);
  expect(buffer.newest(5)).toEqual(["cc", "bbbb", "aaaa"]);
  buffer.add(["d"]);
  expect([buffer.newest(5), buffer.lost]).toEqual([["d", "cc", "bbbb"], 1]);
  buffer.add(["e".repeat(11)]);
  expect([buffer.size, buffer.lost]).toEqual([0, 5]);
});
