import { expect, it } from "vitest";
import { bucketsOf } from "./volume.ts";

it("gathers counts by level; a point counts the step that ends with it", () => {
  const span = { start: 100_000, end: 130_000 };
  const buckets = bucketsOf(
    [
      {
        metric: { detected_level: "ERROR" },
        values: [
          [100, "9"],
          [110, "1"],
          [130, "2"],
        ],
      },
      { metric: { detected_level: "fatal" }, values: [[110, "4"]] },
      { metric: {}, values: [[120, "3"]] },
    ],
    span,
    10,
  );
  expect(buckets.map(({ start, end, total }) => [start, end, total])).toEqual([
    [100_000, 110_000, 5],
    [110_000, 120_000, 3],
    [120_000, 130_000, 2],
  ]);
  expect(buckets[0]?.counts).toEqual({ error: 5, warn: 0, info: 0, debug: 0, unknown: 0 });
  expect(buckets[1]?.counts.unknown).toBe(3);
});
