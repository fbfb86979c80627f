import { expect, it } from "vitest";
import { positionIn } from "./error-position.ts";

it("finds the line and the place in it", () => {
  expect(positionIn("1:5: parse error: unexpected end", "sum(")).toEqual({
    line: "sum(",
    column: 4,
  });
  expect(positionIn('invalid parameter "query": 2:3: parse error: x', "a\n  +")).toEqual({
    line: "  +",
    column: 2,
  });
});

it("stays within the line, and says nothing where there is no position", () => {
  expect(positionIn("1:999: parse error", "up")).toEqual({ line: "up", column: 2 });
  expect(positionIn("9:1: parse error", "up")).toBeNull();
  expect(positionIn("query timed out", "up")).toBeNull();
});
