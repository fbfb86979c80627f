import { expect, it } from "vitest";
import { alignSpan, byMax, seriesKey, shortNames, toLines } from "./series-data.ts";

it("writes series as PromQL does", () => {
  expect(seriesKey({ __name__: "up", job: "shop", instance: 'a"b' })).toBe(
    'up{instance="a\\"b", job="shop"}',
  );
  expect(seriesKey({ __name__: "up" })).toBe("up");
  expect(seriesKey({})).toBe("{}");
});

it("names lines by what tells them apart", () => {
  expect(
    shortNames([
      { job: "a", status: "200" },
      { job: "a", status: "500" },
    ]),
  ).toEqual(["200", "500"]);
  expect(
    shortNames([
      { job: "a", x: "1" },
      { job: "b", x: "2" },
    ]),
  ).toEqual(["job=a x=1", "job=b x=2"]);
  expect(shortNames([{ service: "shop" }])).toEqual(["service=shop"]);
  expect(shortNames([{}])).toEqual(["value"]);
});

it("keeps gaps as gaps and leaves out what is no number", () => {
  const span = { start: 0, end: 50_000 };
  const { times, lines } = toLines(
    [
      {
        metric: {},
        values: [
          [0, "1"],
          [10, "3"],
          [40, "NaN"],
          [50, "2"],
          [70, "9"],
        ],
      },
    ],
    span,
    10,
  );
  expect(times).toEqual([0, 10, 20, 30, 40, 50]);
  expect(lines[0]).toMatchObject({ values: [1, 3, null, null, null, 2], last: 2, mean: 2, max: 3 });
});

it("puts the greatest first, and what is unknown last", () => {
  const line = (key: string, max: number | null) => ({
    key,
    name: key,
    labels: {},
    values: [],
    last: null,
    mean: null,
    max,
  });
  expect(
    byMax([line("a", 1), line("b", null), line("c", 5), line("d", 1)]).map(({ key }) => key),
  ).toEqual(["c", "a", "d", "b"]);
});

it("aligns a span outwards", () => {
  expect(alignSpan({ start: 14_999, end: 20_001 }, 5)).toEqual({ start: 10_000, end: 25_000 });
});
