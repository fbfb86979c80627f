import { expect, it } from "vitest";
import { incidentMarks, spanAround } from "./span-around.ts";

const at = (minutes: number) => new Date(minutes * 60_000).toISOString();

it("shows calm before the break, and what followed", () => {
  const minutes = ({ start, end }: { start: number; end: number }) => [
    start / 60_000,
    end / 60_000,
  ];
  expect(minutes(spanAround({ openedAt: at(100), resolvedAt: null }, 101 * 60_000))).toEqual([
    95, 101,
  ]);
  expect(minutes(spanAround({ openedAt: at(100), resolvedAt: at(140) }, 900 * 60_000))).toEqual([
    80, 150,
  ]);
  expect(minutes(spanAround({ openedAt: at(100), resolvedAt: at(101) }, 102 * 60_000))).toEqual([
    95, 102,
  ]);
});

it("marks its turns", () => {
  expect(incidentMarks({ openedAt: at(1), acknowledgedAt: null, resolvedAt: at(2) })).toEqual([
    { at: 60_000, label: "opened" },
    { at: 120_000, label: "resolved" },
  ]);
});
