import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BEFORE, burstInWords, burstsOf } from "./bursts.ts";

const hour = (count: number) => Array.from({ length: BEFORE }, () => count);
/** An hour of `usual`, and these minutes; all of them complete. */
const bursts = (usual: number, ...minutes: number[]) => {
  const counts = [...hour(usual), ...minutes];
  return burstsOf(counts, counts.length).map(({ first, last, ...rest }) => ({
    first: first - BEFORE,
    last: last - BEFORE,
    ...rest,
  }));
};

describe("a burst of error lines", () => {
  it.each([
    ["too few lines", 0, 19],
    ["less than five times the usual", 10, 49],
  ])("is not %s", (_, usual, count) => {
    expect(bursts(usual, count)).toEqual([]);
    expect(bursts(usual, count + 1)).toEqual([
      { first: 0, last: 0, lines: count + 1, usual, isOver: false },
    ]);
  });

  it("goes on over two minutes of calm, and ends with three", () => {
    expect(bursts(2, 0, 100, 0, 0, 100)).toMatchObject([{ first: 1, last: 4, lines: 200 }]);
    expect(bursts(2, 100, 7, 0, 0)).toMatchObject([{ first: 0, last: 0, isOver: true }]);
    expect(bursts(2, 100, 7, 0)).toMatchObject([{ first: 0, last: 0, isOver: false }]);
  });

  it("is not over while the last minute of calm is not complete", () => {
    const counts = [...hour(2), 100, 0, 0, 0];
    expect(burstsOf(counts, counts.length - 1)).toMatchObject([{ isOver: false }]);
    expect(burstsOf([...counts, 100], counts.length)).toHaveLength(2);
  });

  it("is another one after the calm, and the first is no part of what is usual", () => {
    expect(bursts(2, 1000, 1000, 0, 0, 0, 50)).toEqual([
      { first: 0, last: 1, lines: 2000, usual: 2, isOver: true },
      { first: 5, last: 5, lines: 50, usual: (55 * 2) / 58, isOver: false },
    ]);
  });

  it("may last longer than an hour; what is so from the beginning is usual", () => {
    const long = Array.from({ length: 70 }, () => 100);
    expect(bursts(2, ...long, 0, 0, 0, 40)).toMatchObject([
      { first: 0, last: 69 },
      { first: 73, last: 73, usual: 0 },
    ]);
    expect(bursts(30, ...long)).toEqual([]);
  });

  it("stays as it was found while more minutes come, but for its end", () => {
    const counts = fc.array(fc.oneof(fc.nat(30), fc.nat(2000)), { minLength: 61, maxLength: 150 });
    fc.assert(
      fc.property(counts, fc.nat(90), (all, cutAt) => {
        const early = all.slice(0, BEFORE + cutAt);
        const later = burstsOf(all, all.length);
        burstsOf(early, early.length).forEach((burst, i) => {
          if (burst.isOver) expect(later[i]).toEqual(burst);
          else expect(later[i]).toMatchObject({ first: burst.first, usual: burst.usual });
        });
      }),
    );
  });
});

it("is told with its span, how it compares and what its lines look like", () => {
  const burst = { first: 60, last: 71, lines: 4210, usual: 3.2, isOver: true };
  expect(burstInWords("shop", burst, "connection to <_>\n refused")).toBe(
    "Burst of error lines of shop: 4,210 in 12 minutes, 110 times the usual 3.2 a minute; most often “connection to <_> refused”",
  );
  expect(burstInWords("shop", { ...burst, last: 60, lines: 25, usual: 0 }, null)).toBe(
    "Burst of error lines of shop: 25 in a minute, usually there are none",
  );
  expect(burstInWords("shop", burst, "x".repeat(300))).toContain(`“${"x".repeat(199)}…”`);
});
