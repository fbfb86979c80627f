import { expect, it } from "vitest";
import { formatAge, formatInstant, formatRelative } from "./instant.ts";

const minute = 60_000;
const hour = 60 * minute;

it.each([
  [0, "0 s"],
  [59_999, "59 s"],
  [4 * minute, "4 min"],
  [2 * hour + 5 * minute, "2 h 5 min"],
  [2 * hour, "2 h"],
  [18 * hour + 21 * minute, "18 h"],
  [24 * hour, "1 day"],
  [6 * 24 * hour, "6 days"],
  [-5000, "0 s"],
])("an age of %s ms is %s", (age, text) => {
  expect(formatAge(age)).toBe(text);
});

it("tells past from future", () => {
  expect(formatRelative(0, 4 * minute)).toBe("4 min ago");
  expect(formatRelative(3 * hour, 0)).toBe("in 3 h");
  expect(formatRelative(0, 2000)).toBe("just now");
});

it("names the zone", () => {
  expect(formatInstant(Date.UTC(2026, 10, 21, 7, 36, 12), "utc")).toBe("21 Nov 2026, 07:36:12 UTC");
});
