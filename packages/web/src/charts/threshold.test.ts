import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explain, splitComparison } from "./threshold.ts";

describe("splitComparison", () => {
  it.each([
    ["a / b > 0.05", "a / b", ">", 0.05],
    ["up == 0", "up", "==", 0],
    ['up{job="shop"} == bool 0', 'up{job="shop"}', "==", 0],
    ["1 < rate(x[5m])", "rate(x[5m])", ">", 1],
    ["(sum(rate(x[5m])) >= 1e3)", "sum(rate(x[5m]))", ">=", 1000],
    ["((a) > (0.5))", "a", ">", 0.5],
    ["x > 1 and y > 2", "x", ">", 1],
    ['x{a=~"b > c"} < -3', 'x{a=~"b > c"}', "<", -3],
    ["x # more > than this\n != 4", "x # more > than this", "!=", 4],
    ["a > on (b) c > 5", null, null, null],
    ["a > b", null, null, null],
    ["absent(up)", null, null, null],
    ["1 > 2", null, null, null],
    ["sum(x > 3)", null, null, null],
    ["", null, null, null],
  ])("%s", (expression, subject, operator, threshold) => {
    const split = splitComparison(expression);
    expect(split?.subject ?? null).toBe(subject);
    expect(split?.operator ?? null).toBe(operator);
    expect(split?.threshold ?? null).toBe(threshold);
  });

  it.each([
    ["a > 1 and b", "a"],
    ["(a) and (b > 2 or c > 3)", "a"],
    ["a unless b", "a"],
    ["a or b", "a or b"],
    ["absent(up)", "absent(up)"],
  ])("of %s draws %s", (expression, subject) => {
    expect(explain(expression).subject).toBe(subject);
  });

  it("takes any text without failing", () => {
    const piece = fc.constantFrom(
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      '"',
      "'",
      "`",
      "\\",
      "#",
      "\n",
      ">",
      "<=",
      "==",
      "and",
      "or",
      "x",
      "1",
      " ",
      "bool",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const split = splitComparison(pieces.join(""));
        expect(split === null || Number.isFinite(split.threshold)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
