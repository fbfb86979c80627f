import fc from "fast-check";
import { expect, it } from "vitest";
import { readDuration, writeDuration } from "./duration.ts";

it.each([
  ["5m", 300],
  ["1h30m", 5400],
  [" 90s ", 90],
  ["1d", 86_400],
  ["250ms", 0.25],
  ["0", 0],
  ["0s", 0],
  ["", 0],
  ["5", null],
  ["m", null],
  ["30m1h", null],
  ["-5m", null],
  ["5 m", null],
  ["1.5h", null],
])("%j is %s seconds", (text, seconds) => {
  expect(readDuration(text)).toBe(seconds);
});

it("reads what it writes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 10 }), (ms) => {
      expect(readDuration(writeDuration(ms / 1000))).toBeCloseTo(ms / 1000, 3);
    }),
  );
});
