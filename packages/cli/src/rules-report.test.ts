import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawChart } from "./chart.ts";
import { diffLines } from "./line-diff.ts";
import { describeChecks, describeTests } from "./rules-report.ts";
import { styleFor } from "./style.ts";

const PLAIN = styleFor({}, {});
const COLOURED = styleFor({ isTTY: true }, { TERM: "xterm" });

describe("a report of tests", () => {
  const report = {
    file: "a.test.yml",
    faults: [],
    tests: [
      { name: "fine", line: 2, problems: [] },
      {
        name: "checkout",
        line: 9,
        problems: [
          {
            line: 14,
            what: "Down at 3m",
            why: "",
            expected: ["Down", '  job="a"', '  # text="x"'],
            got: ["Down", '  job="a"', '  # text="y"'],
            charts: [
              {
                title: '{job="a"}',
                kind: "states",
                start: 0,
                step: 60_000,
                values: [0, 1, 1, 2, 2, 0],
              },
            ],
          },
          { line: 20, what: "nosuch(x)", why: "unknown function" },
        ],
      },
    ],
  } as const;

  it("shows what differs, where, and how it came to that", () => {
    expect(describeTests([report], PLAIN)).toBe(`✗ a.test.yml

  Down at 3m  a.test.yml:14, checkout
    - expected  + got
      Down
        job="a"
    -   # text="x"
    +   # text="y"

    {job="a"}
      ·▒▒██·  · inactive ▒ pending █ firing
      0s  5m

  nosuch(x)  a.test.yml:20, checkout
    unknown function

1 passed, 1 failed
`);
  });

  it("has colours in a terminal only, and not where they are not wanted", () => {
    expect(describeTests([report], COLOURED)).toContain("\u001b[32m    -   # text");
    for (const style of [
      styleFor({ isTTY: true }, { NO_COLOR: "1" }),
      styleFor({ isTTY: true }, { TERM: "dumb" }),
    ]) {
      expect(describeTests([report], style)).not.toContain("\u001b");
    }
  });

  it("is one line where all is well", () => {
    const good = { file: "b.yml", faults: [], tests: [{ name: "x", line: 1, problems: [] }] };
    expect(describeTests([good], PLAIN)).toBe("✓ b.yml  1 test\n\n1 passed, 0 failed\n");
  });
});

it("points at the place of a fault", () => {
  const fault = { file: "a.yml", line: 12, column: 5, reason: "no", source: "\tab cd" };
  const checks = [
    { file: "a.yml", groups: 0, rules: 0, faults: [fault], notes: [] },
    { file: "b.yml", groups: 1, rules: 2, faults: [], notes: ["twice"] },
  ];
  expect(describeChecks(checks, PLAIN)).toBe(`✗ a.yml  1 fault
  a.yml:12:5: no
    12 │ \tab cd
       │ \t   ^
✓ b.yml  2 rules in 1 group
  note: twice
`);
});

describe("a chart", () => {
  const chart = (values: readonly (number | null)[]) =>
    drawChart({ title: "x", kind: "values", start: 0, step: 30_000, values });

  it("has a column for each value, over the times", () => {
    expect(chart([0, 1, 2, 3, 4, null, 8, 16])).toEqual([
      "x",
      "  16 ┤       █",
      "     ┤       █",
      "     ┤      ██",
      "   0 ┤▁▂▄▆█ ██",
      "      0s  210s",
    ]);
  });

  it("copes with what is no number, with one value and with none", () => {
    expect(chart([Number.NaN, 1]).at(4)).toContain("×█");
    expect(chart([1])).toEqual([]);
    expect(chart([null, null])).toEqual(["x"]);
    expect(chart([-2, -2]).at(1)).toContain("0 ┤");
  });
});

it("makes a difference from which both sides can be read", () => {
  const lines = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });
  fc.assert(
    fc.property(lines, lines, (expected, got) => {
      const diff = diffLines(expected, got);
      const side = (not: string) =>
        diff.filter((line) => line.side !== not).map(({ text }) => text);
      expect(side("got")).toEqual(expected);
      expect(side("expected")).toEqual(got);
      if (expected.join() === got.join()) {
        expect(diff.every((line) => line.side === "both")).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});
