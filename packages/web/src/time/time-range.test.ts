import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  absoluteRange,
  describeRange,
  presets,
  resolveEnd,
  resolveRange,
  stepFor,
  zoomOut,
} from "./time-range.ts";
import { fieldToInstant, instantToField } from "./time-field.ts";

const now = Date.UTC(2026, 10, 21, 8, 0, 0);
const hour = 3_600_000;

describe("an end of a range", () => {
  it.each([
    ["now", now],
    ["now-1h", now - hour],
    ["now-7d", now - 7 * 24 * hour],
    ["2026-11-21T07:00:00Z", now - hour],
    ["yesterday", null],
    ["now+1h", null],
    ["", null],
    ["12", null],
  ])("%s", (text, at) => {
    expect(resolveEnd(text, now)).toBe(at);
  });
});

describe("a range", () => {
  it("that cannot be read, or ends before it starts, is the last hour", () => {
    const lastHour = { start: now - hour, end: now };
    expect(resolveRange({ from: "x", to: "now" }, now)).toEqual(lastHour);
    expect(resolveRange({ from: "now", to: "now-1h" }, now)).toEqual(lastHour);
  });

  it("survives its way through the URL, to the second", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e12 }),
        fc.integer({ min: 1, max: 1e10 }),
        (start, length) => {
          const { start: from, end: to } = resolveRange(absoluteRange(start, start + length), now);
          expect(start - from).toBeLessThan(1000);
          expect(from).toBeLessThanOrEqual(start);
          expect(to).toBeGreaterThanOrEqual(start + length);
          expect(to - (start + length)).toBeLessThan(1000);
        },
      ),
    );
  });

  it("zooms out to twice its length, not past now", () => {
    const out = resolveRange(zoomOut({ from: "now-1h", to: "now" }, now), now);
    expect(out).toEqual({ start: now - 2 * hour, end: now });
  });

  it("is described in words", () => {
    expect(describeRange({ from: "now-6h", to: "now" }, "utc", now)).toBe("Last 6 hours");
    expect(describeRange(absoluteRange(now - 2 * hour, now - hour), "utc", now)).toBe(
      "06:00 to 07:00",
    );
    expect(describeRange(absoluteRange(now - 50 * hour, now - hour), "utc", now)).toBe(
      "19 Nov, 06:00 to 21 Nov, 07:00",
    );
  });

  it("is asked for in at most 300 steps or so", () => {
    for (const { range } of presets) {
      const span = resolveRange(range, now);
      const steps = (span.end - span.start) / 1000 / stepFor(span);
      expect(steps).toBeLessThanOrEqual(300);
      expect(steps).toBeGreaterThan(100);
    }
  });
});

it.each(["utc", "local"] as const)("a field in %s gives back what it was given", (zone) => {
  expect(fieldToInstant(instantToField(now, zone), zone)).toBe(now);
  expect(fieldToInstant("", zone)).toBeNull();
  expect(fieldToInstant("not a date", zone)).toBeNull();
});
