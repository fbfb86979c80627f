import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runScript } from "./run-script.ts";
import { parseScript } from "./script.ts";
import { parseMetric, parsePoints } from "./series-notation.ts";

describe("points", () => {
  test.each([
    ["1 2.5 -3", [1, 2.5, -3]],
    ["1+2x3", [1, 3, 5, 7]],
    ["1-2x2", [1, -1, -3]],
    ["0x2", [0, 0, 0]],
    ["_ _x2 1", [undefined, undefined, undefined, 1]],
    ["stale NaN -Inf", ["stale", Number.NaN, Number.NEGATIVE_INFINITY]],
    ["1e3+1e3x1", [1000, 2000]],
  ])("%s", (text, values) => {
    expect(parsePoints(text)).toEqual(values);
  });

  test("histograms repeat and grow", () => {
    const values = parsePoints("{{count:1 buckets:[1]}}+{{count:2 buckets:[0 2]}}x1 {{}}");
    expect(values).toMatchObject([
      { count: 1 },
      { count: 3, positive: { indexes: Int32Array.of(0, 1), counts: Float64Array.of(1, 2) } },
      { count: 0 },
    ]);
  });

  test("nonsense is quoted back, and nothing grows without bounds", () => {
    expect(() => parsePoints("1 two 3")).toThrow('bad point "two"');
    expect(() => parsePoints("1x999999999")).toThrow("more than 1000000 points");
    fc.assert(
      fc.property(fc.string({ maxLength: 50 }), (text) => {
        try {
          parsePoints(text);
          parseMetric(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});

describe("scripts", () => {
  test("tell the line of what they cannot read", () => {
    expect(() => parseScript("load 5m\n  x 1\n\nevaluate this")).toThrow(
      'line 4: unknown command "evaluate this"',
    );
  });

  test("report what differs, and only that", async () => {
    const outcomes = await runScript(
      "load 1m\n  x 1 2\n\neval instant at 1m x\n  x 2\n\neval instant at 1m x\n  x 3\n\n" +
        "eval instant at 1m x\n  expect fail\n\neval instant at 1m x\n  expect warn\n\neval instant at 1m sum(\n",
    );
    expect(outcomes.map(({ line, problem }) => [line, problem])).toEqual([
      [4, undefined],
      [7, 'expected {__name__="x"} 3@60, got {__name__="x"} 2@60'],
      [10, "expected fail, but it succeeded"],
      [13, "expected warn, got warnings [], infos []"],
      [16, "failed: 1:5: parse error: unclosed left parenthesis"],
    ]);
  });
});
