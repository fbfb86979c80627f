import { expect, it } from "vitest";
import { swapOf, turnsAfter } from "./swap.ts";

const duty = (personId: string, from: string, to: string) => ({
  personId,
  from: `2026-01-${from}T09:00:00.000Z`,
  to: `2026-01-${to}T09:00:00.000Z`,
  layer: 0,
  override: null,
});

it("offers turns that have not begun, and exchanges their people", () => {
  const at = Date.parse("2026-01-07T12:00:00Z");
  const turns = turnsAfter(
    [
      duty("ana", "05", "12"),
      duty("ben", "12", "14"),
      { ...duty("ben", "14", "19"), override: "o" },
      duty("ana", "20", "26"),
    ],
    at,
  );
  expect(
    turns.map(({ personId, from, to }) => [personId, from.slice(8, 10), to.slice(8, 10)]),
  ).toEqual([
    ["ben", "12", "19"],
    ["ana", "20", "26"],
  ]);
  const [first, second] = turns;
  if (first === undefined || second === undefined) throw new Error("two turns were expected");
  expect(swapOf(first, second)).toEqual([
    { personId: "ana", from: first.from, to: first.to },
    { personId: "ben", from: second.from, to: second.to },
  ]);
});
