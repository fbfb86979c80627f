import { expect, it } from "vitest";
import { gridOf, ticksOf, writeNs } from "./duration-grid.ts";

const answer = (cells: { step: number; fromNs: number; spans: number; errors: number }[]) => ({
  stepSeconds: 60,
  start: "2026-01-01T00:00:00.000Z",
  spans: 0,
  errors: 0,
  cells,
});

it("puts durations on rows without gaps, the shortest first", () => {
  const { rows, most, cells } = gridOf(
    answer([
      { step: 0, fromNs: 2 ** 20, spans: 3, errors: 0 },
      { step: 4, fromNs: 2 ** 24.5, spans: 7, errors: 2 },
    ]),
  );
  expect(rows).toHaveLength(10);
  expect(most).toBe(7);
  expect(cells.map(({ row }) => row)).toEqual([0, 9]);
  expect(rows[9]).toBeCloseTo(2 ** 24.5);
  expect(ticksOf(rows).map(({ ns }) => ns)).toEqual([1e7]);
});

it("has room around a single duration, and nothing for nothing", () => {
  const { rows } = gridOf(answer([{ step: 0, fromNs: 2 ** 20, spans: 1, errors: 0 }]));
  expect(rows).toHaveLength(8);
  expect(gridOf(answer([]))).toEqual({ rows: [], most: 0, cells: [] });
  expect(ticksOf([])).toEqual([]);
});

it("writes durations as a query has them", () => {
  expect([950, 1500, 2_345_678, 1.5e9].map(writeNs)).toEqual(["950ns", "1.5us", "2.35ms", "1.5s"]);
});
