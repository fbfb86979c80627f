import type { AlertHistory, Firing } from "@seaworthy/contract";
import { expect, it } from "vitest";
import { flapsOf, stripOf, sumUp } from "./alert-history.ts";

const now = Date.parse("2026-01-08T00:00:00Z");
const minute = 60_000;

const firing = (minutesAgo: number, lasted: number | null): Firing => ({
  fingerprint: "f",
  labels: {},
  startedAt: new Date(now - minutesAgo * minute).toISOString(),
  endedAt: lasted === null ? null : new Date(now - (minutesAgo - lasted) * minute).toISOString(),
});

it("calls it flapping when it fires as often as the configuration says", () => {
  const often = [5, 15, 25, 45].map((minutes) => firing(minutes, 1));
  const history = (firings: readonly Firing[]): AlertHistory => ({
    since: "",
    firings: [...firings],
    truncated: false,
    firingSeconds: 0,
    flapping: { firings: 4, withinSeconds: 3600 },
  });
  expect(flapsOf(history(often), now)).toBe(4);
  expect(flapsOf(history(often.slice(1)), now)).toBeNull();
  expect(flapsOf(history(often), now + 30 * minute)).toBeNull();
  const stricter = { firings: 2, withinSeconds: 1200 };
  expect(flapsOf({ ...history(often), flapping: stricter }, now)).toBe(2);
  expect(flapsOf({ ...history(often), flapping: null }, now)).toBeNull();
});

it("places firings on a strip, also those that reach beyond it", () => {
  const strip = stripOf(
    [firing(100, 10), firing(200, 150), firing(25, null), firing(400, 20), firing(-1, null)],
    now - 100 * minute,
    now,
  );
  expect(strip.map(({ left, width }) => [left, width])).toEqual([
    [0, 0.1],
    [0, 0.5],
    [0.75, 0.25],
    [1, 0],
  ]);
});

it("sums up", () => {
  const told = (firings: readonly Firing[], truncated = false) =>
    sumUp(
      { since: "", firings: [...firings], truncated, firingSeconds: 120, flapping: null },
      7,
    ).replaceAll("\u00a0", " ");
  expect(told([])).toBe("It has not fired in the last 7 days.");
  expect(told([firing(1, 1)])).toBe("Fired once in 7 days, for 2 min in all");
  expect(told([firing(1, 1), firing(9, 1)], true)).toBe(
    "Fired more than 2 times in 7 days, for 2 min in all",
  );
});
