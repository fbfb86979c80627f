import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { count, formatQuantity, type Unit } from "./quantity.ts";

/** With plain spaces, to be read. */
const shown = (value: number | null, unit?: Unit) =>
  formatQuantity(value, unit).replaceAll("\u00a0", " ");

describe("formatQuantity", () => {
  it.each<[number | null, Unit, string]>([
    [1234, "perSecond", "1.23 k/s"],
    [212, "perSecond", "212 /s"],
    [0.348, "seconds", "348 ms"],
    [0.0000021, "seconds", "2.1 µs"],
    [0.99951, "seconds", "1 s"],
    [1.5, "seconds", "1.5 s"],
    [600, "seconds", "10 min"],
    [0, "seconds", "0 s"],
    [0.9995, "share", "99.95 %"],
    [0.99999, "share", "99.99 %"],
    [1, "share", "100 %"],
    [0.312, "share", "31.2 %"],
    [0.0004, "share", "0.04 %"],
    [512, "bytes", "512 B"],
    [1_572_864, "bytes", "1.5 MiB"],
    [2048, "bytesPerSecond", "2 KiB/s"],
    [999.7, "none", "1 k"],
    [999.4, "none", "999"],
    [0, "none", "0"],
    [0.0123456, "none", "0.0123"],
    [1e-7, "none", "1.0e-7"],
    [-42, "none", "−42"],
    [null, "none", "–"],
    [Number.NaN, "seconds", "–"],
    [Infinity, "none", "∞"],
    [-Infinity, "none", "−∞"],
  ])("%s as %s is %s", (value, unit, text) => {
    expect(shown(value, unit)).toBe(text);
  });

  it("is short for every number", () => {
    const units: Unit[] = ["none", "perSecond", "seconds", "bytes", "bytesPerSecond", "share"];
    fc.assert(
      fc.property(
        fc.double({ min: -1e14, max: 1e14 }),
        fc.constantFrom(...units),
        (value, unit) => {
          expect(formatQuantity(value, unit).length).toBeLessThanOrEqual(18);
          expect(formatQuantity(value, unit)).not.toMatch(/NaN|undefined/);
        },
      ),
    );
  });
});

it("counts", () => {
  expect(count(1, "incident")).toBe("1 incident");
  expect(count(0, "incident")).toBe("0 incidents");
  expect(count(4211, "incident")).toBe("4,211 incidents");
  expect(count(2, "new entry", "new entries")).toBe("2 new entries");
});
