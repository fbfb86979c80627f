import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseHistogram } from "../testing/histogram-notation.ts";
import { add, divide, scale, subtract } from "./arithmetic.ts";
import { exponentialBound } from "./buckets.ts";
import { classicFraction, classicQuantile } from "./classic.ts";
import { histogramsEqual } from "./equality.ts";
import { formatHistogram } from "./format.ts";
import type { NativeHistogram } from "./histogram.ts";
import { histogramFraction, histogramQuantile } from "./quantile.ts";
import { detectReset, withDerivedHints } from "./reset.ts";
import { HistogramSum } from "./sum.ts";
import { trimAbove, trimBelow } from "./trim.ts";

const h = (body: string): NativeHistogram => parseHistogram(`{{${body}}}`);

const counts = fc.array(fc.nat(20), { minLength: 1, maxLength: 6 });
const histograms = fc
  .record({
    schema: fc.integer({ min: -2, max: 3 }),
    positive: counts,
    negative: counts,
    offset: fc.integer({ min: -5, max: 5 }),
    zero: fc.nat(10),
  })
  .map(({ schema, positive, negative, offset, zero }) => {
    const count = [...positive, ...negative].reduce((a, b) => a + b, zero);
    return h(
      `schema:${schema} count:${count} sum:${count * 2} z_bucket:${zero} z_bucket_w:1e-9 offset:${offset} buckets:[${positive.join(" ")}] n_buckets:[${negative.join(" ")}]`,
    );
  });

const total = ({ positive, negative, zeroCount }: NativeHistogram): number =>
  [...positive.counts, ...negative.counts].reduce((a, b) => a + b, zeroCount);

describe("arithmetic", () => {
  test("adding then taking away gives the histogram back, at the lower resolution", () => {
    fc.assert(
      fc.property(histograms, histograms, (a, b) => {
        const sum = add(a, b)?.result;
        expect(sum).toBeDefined();
        if (sum === undefined) return;
        expect(sum.schema).toBe(Math.min(a.schema, b.schema));
        expect(total(sum)).toBe(total(a) + total(b));
        const back = subtract(sum, b)?.result;
        expect(back?.count).toBe(a.count);
        const lowered = add(a, h(`schema:${sum.schema} z_bucket_w:1e-9`))?.result;
        expect(lowered !== undefined && back !== undefined && histogramsEqual(back, lowered)).toBe(
          true,
        );
      }),
    );
  });

  test("custom bounds are brought down to those they share", () => {
    const a = h("schema:-53 count:15 sum:1 custom_values:[2 4 6] buckets:[1 2 5 7]");
    const b = h(
      "schema:-53 count:450 sum:1 custom_values:[1 2 3 4 5 6 7 8] buckets:[10 20 30 40 50 60 70 80 90]",
    );
    const sum = add(a, b);
    expect(sum?.reconciled).toBe(true);
    expect(sum && formatHistogram(sum.result)).toBe(
      "{count:465, sum:2, [-Inf,2]:31, (2,4]:72, (4,6]:115, (6,+Inf]:247}",
    );
    expect(add(a, h("schema:0"))).toBeUndefined();
  });

  test("a wider zero bucket takes in the buckets that it touches", () => {
    const wide = h("schema:0 z_bucket:1 z_bucket_w:0.6 count:1");
    const narrow = h("schema:0 z_bucket:1 z_bucket_w:0.001 count:6 offset:-1 buckets:[2 3]");
    expect(add(wide, narrow)?.result).toMatchObject({ zeroThreshold: 1, zeroCount: 7, count: 7 });
  });

  test("gauges make gauges, and contradicting hints are told", () => {
    const hinted = (hint: string): NativeHistogram => h(`counter_reset_hint:${hint}`);
    expect(add(hinted("gauge"), hinted("reset"))?.result.counterResetHint).toBe("gauge");
    expect(add(hinted("reset"), hinted("not_reset"))).toMatchObject({
      resetCollision: true,
      result: { counterResetHint: "unknown" },
    });
  });

  test("division by zero leaves no buckets", () => {
    expect(divide(h("count:4 sum:5 buckets:[1 2 1]"), 0)).toMatchObject({
      count: Number.POSITIVE_INFINITY,
      positive: { indexes: new Int32Array(0) },
    });
  });
});

describe("sums", () => {
  test("keep small values beside large ones that cancel out", () => {
    const sum = new HistogramSum(false);
    for (const value of ["1", "1e100", "1", "-1e100"]) sum.add(h(`count:1 sum:${value}`));
    expect(sum.result?.sum).toBe(2);
  });

  test("a mean goes on where a sum would overflow", () => {
    const mean = new HistogramSum(true);
    mean.add(h("count:1.7e308 sum:1"));
    mean.add(h("count:1.7e308 sum:3"));
    expect(mean.result).toMatchObject({ count: 1.7e308, sum: 2 });
  });

  test("exponential and custom buckets do not add up", () => {
    const sum = new HistogramSum(false);
    sum.add(h("schema:0"));
    sum.add(h("schema:-53"));
    expect(sum.incompatible).toBe(true);
    expect(sum.result).toBeUndefined();
  });
});

describe("resets", () => {
  test.each([
    ["a count that fell", "count:5 buckets:[5]", "count:4 buckets:[4]", true],
    ["one bucket that fell", "count:4 buckets:[2 2]", "count:5 buckets:[1 4]", true],
    ["everything grew", "count:4 buckets:[2 2]", "count:5 buckets:[2 3]", false],
    ["a higher resolution", "schema:0 count:1 buckets:[1]", "schema:1 count:5 buckets:[1 4]", true],
    [
      "a lower resolution",
      "schema:1 count:2 buckets:[0 1 1]",
      "schema:0 count:2 buckets:[0 2]",
      false,
    ],
    [
      "the hint says so",
      "count:1 buckets:[1]",
      "count:5 buckets:[5] counter_reset_hint:reset",
      true,
    ],
    [
      "the hint says no",
      "count:5 buckets:[5]",
      "count:1 buckets:[1] counter_reset_hint:not_reset",
      false,
    ],
    ["a smaller zero bucket", "z_bucket_w:0.1", "z_bucket_w:0.01", true],
    ["other kinds of buckets", "schema:0", "schema:-53", true],
  ])("%s", (_, before, after, expected) => {
    expect(detectReset(h(after), h(before))).toBe(expected);
  });

  test("a running counter is never taken for a reset one", () => {
    fc.assert(
      fc.property(histograms, histograms, (a, b) => {
        const grown = add(a, b)?.result;
        if (grown !== undefined) expect(detectReset(grown, a)).toBe(false);
      }),
    );
  });

  test("hints that are not known are found out in order", () => {
    const series = [
      h("count:3"),
      undefined,
      h("count:4"),
      h("count:1"),
      h("count:2 counter_reset_hint:gauge"),
    ];
    expect(withDerivedHints(series).map((one) => one?.counterResetHint)).toEqual([
      "unknown",
      undefined,
      "not_reset",
      "reset",
      "gauge",
    ]);
  });
});

describe("estimates", () => {
  test("quantiles rise and stay within the buckets", () => {
    fc.assert(
      fc.property(histograms, fc.double({ min: 0, max: 1, noNaN: true }), (one, quantile) => {
        fc.pre(one.count > 0);
        const { value } = histogramQuantile(quantile, one);
        const lowest = histogramQuantile(0, one).value;
        const highest = histogramQuantile(1, one).value;
        expect(value).toBeGreaterThanOrEqual(lowest);
        expect(value).toBeLessThanOrEqual(highest);
      }),
    );
  });

  test("a fraction is the quantile's inverse", () => {
    const one = h("schema:0 count:12 sum:100 z_bucket:2 z_bucket_w:0.001 buckets:[2 3 0 1 4]");
    for (const quantile of [0.1, 0.3, 0.5, 0.9]) {
      const { value } = histogramQuantile(quantile, one);
      const fraction = histogramFraction(Number.NEGATIVE_INFINITY, value, one).value;
      expect(fraction).toBeCloseTo(quantile, 9);
    }
  });

  test("NaN observations are above everything", () => {
    const one = h("count:10 sum:NaN buckets:[4 4]");
    expect(histogramQuantile(0.5, one).nan).toBe("skewed");
    expect(histogramQuantile(0.9, one)).toEqual({ value: Number.NaN, nan: "result" });
  });

  test("what is trimmed on one side is kept on the other", () => {
    fc.assert(
      fc.property(histograms, fc.double({ min: -40, max: 40, noNaN: true }), (one, limit) => {
        const kept = total(trimAbove(one, limit)) + total(trimBelow(one, limit));
        expect(kept).toBeCloseTo(total(one), 6);
      }),
    );
  });

  test("bounds are powers of two, exactly", () => {
    expect([-3, 0, 1, 10].map((index) => exponentialBound(index, 0))).toEqual([0.125, 1, 2, 1024]);
    expect(exponentialBound(4, 2)).toBe(2);
    expect(exponentialBound(1, -2)).toBe(16);
    expect(exponentialBound(1024, 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("classic histograms", () => {
  const buckets = [
    { upperBound: Number.POSITIVE_INFINITY, count: 10 },
    { upperBound: 1, count: 4 },
    { upperBound: 2, count: 8 },
  ];

  test.each([
    [0.2, 0.5],
    [0.6, 1.5],
    [0.95, 2],
    [-0.1, Number.NEGATIVE_INFINITY],
    [1.1, Number.POSITIVE_INFINITY],
    [Number.NaN, Number.NaN],
  ])("the %d-quantile is %d", (quantile, expected) => {
    expect(classicQuantile(quantile, buckets).value).toBe(expected);
  });

  test("need an infinite bucket, and counts that rise or are made to", () => {
    expect(classicQuantile(0.5, buckets.slice(1)).value).toBeNaN();
    const falling = [...buckets, { upperBound: 1.5, count: 3 }];
    expect(classicQuantile(0.5, falling)).toEqual({
      value: 1.625,
      forced: { lowest: 1.5, highest: 1.5, difference: 1 },
    });
    expect(buckets[0]?.count).toBe(10);
  });

  test("fractions are linear within buckets, and nothing is known beyond the last", () => {
    expect(classicFraction(0, 1.5, buckets)).toBeCloseTo(0.6);
    expect(classicFraction(3, 4, buckets)).toBe(0);
    expect(classicFraction(1, 1, buckets)).toBe(0);
  });
});

test("histograms print as Prometheus prints them", () => {
  expect(
    formatHistogram(h("count:20 sum:10 z_bucket_w:0.001 z_bucket:2 buckets:[1 2] n_buckets:[1 2]")),
  ).toBe("{count:20, sum:10, [-2,-1):2, [-1,-0.5):1, [-0.001,0.001]:2, (0.5,1]:1, (1,2]:2}");
  expect(formatHistogram(scale(h("count:1 sum:1e6"), 2))).toBe("{count:2, sum:2e+06}");
});
