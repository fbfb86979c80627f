import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";
import {
  formatCompact,
  formatDecimal,
  formatOpenMetrics,
  formatValue,
  parseNumber,
} from "./number.ts";

describe("numbers", () => {
  test.each([
    ["1", 1],
    ["1_000", 1000],
    ["0x1F", 31],
    ["017", 15],
    ["089", 89],
    ["2.", 2],
    [".5e3", 500],
    ["1e-7", 1e-7],
    ["+Inf", Number.POSITIVE_INFINITY],
    ["-inf", Number.NEGATIVE_INFINITY],
    ["1__0", undefined],
    ["_1", undefined],
    ["0x", undefined],
    ["1e", undefined],
    ["", undefined],
  ])("%s reads as %s", (text, expected) => {
    expect(parseNumber(text)).toBe(expected);
  });

  test.each([
    [1e6, "1000000", "1000000", "1e+06"],
    [1e21, "1e+21", "1000000000000000000000", "1e+21"],
    [1.5e-7, "1.5e-07", "0.00000015", "1.5e-07"],
    [0.00001, "0.00001", "0.00001", "1e-05"],
    [-0, "-0", "-0", "-0"],
    [123456789, "123456789", "123456789", "1.23456789e+08"],
    [Number.NaN, "NaN", "NaN", "NaN"],
    [Number.POSITIVE_INFINITY, "+Inf", "+Inf", "+Inf"],
  ])("%s prints as %s, %s and %s", (value, api, decimal, compact) => {
    expect(formatValue(value)).toBe(api);
    expect(formatDecimal(value)).toBe(decimal);
    expect(formatCompact(value)).toBe(compact);
  });

  test("whatever is printed reads back the same", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        for (const print of [formatValue, formatDecimal, formatCompact]) {
          expect(Object.is(parseNumber(print(value)), value)).toBe(true);
        }
        expect(formatDecimal(value)).not.toContain("e");
      }),
    );
  });

  test("label values carry a point", () => {
    expect([0, 1, 0.25, Number.NaN].map(formatOpenMetrics)).toEqual(["0.0", "1.0", "0.25", "NaN"]);
  });
});

describe("durations", () => {
  test.each([
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["1y2w3d4h5m6s7ms", 33_019_506_007],
    ["0", 0],
    ["100ms", 100],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(["", "5", "5x", "m", "1m1h", "1s1s", "-5m", "1.5h"])("%j is refused", (text) => {
    expect(() => parseDuration(text)).toThrow(/duration/);
  });

  test("more than 64 bits of nanoseconds are refused", () => {
    expect(() => parseDuration("300y")).toThrow("duration out of range");
  });

  test("print and read back the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9e12 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
    expect(formatDuration(90_000)).toBe("1m30s");
    expect(formatDuration(-1000)).toBe("-1s");
  });
});
