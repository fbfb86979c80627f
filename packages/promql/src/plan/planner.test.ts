import { describe, expect, test } from "vitest";
import { parse } from "../parse.ts";
import type { Plan } from "./plan.ts";
import { planQuery } from "./planner.ts";

const MINUTE = 60_000;

function plan(query: string, times = { startMs: 0, endMs: 10 * MINUTE, stepMs: MINUTE }): Plan {
  const options = { lookbackDeltaMs: 5 * MINUTE, defaultSubqueryStepMs: MINUTE };
  return planQuery(parse(query), { query, ...times, ...options });
}

/** A plan without spans, and selectors by their metric. */
function outline(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(outline);
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node).filter(([key]) => key !== "span");
  return Object.fromEntries(entries.map(([key, value]) => [key, outline(value)]));
}

const grid = { startMs: 0, stepMs: MINUTE, steps: 11 };
const matchers = [{ name: "__name__", operator: "=", value: "x" }];

describe("times", () => {
  test("an offset moves the samples, not the grid", () => {
    expect(outline(plan("x offset 2m"))).toEqual({
      kind: "lookup",
      selector: { matchers, sampleGrid: { startMs: -2 * MINUTE, stepMs: MINUTE, steps: 11 } },
      windowMs: 5 * MINUTE,
      wanted: "value",
      grid,
    });
  });

  test("what is pinned is evaluated once and repeated", () => {
    expect(outline(plan("sum(x @ 90)"))).toMatchObject({
      kind: "repeat",
      grid,
      inner: {
        kind: "aggregate",
        grid: { steps: 1 },
        inner: { selector: { sampleGrid: { startMs: 90_000, stepMs: 0, steps: 1 } } },
      },
    });
    expect(plan("x @ end()")).toMatchObject({
      inner: { selector: { sampleGrid: { startMs: 10 * MINUTE } } },
    });
  });

  test("but not below a function of time", () => {
    expect(plan("predict_linear(x[5m] @ 90, 60)")).toMatchObject({
      kind: "window",
      range: { selector: { sampleGrid: { startMs: 90_000, stepMs: 0, steps: 11 } } },
    });
  });

  test("a subquery's steps stand on multiples of its step, inside the open window", () => {
    const times = { startMs: 605_000, endMs: 605_000, stepMs: 0 };
    expect(plan("max_over_time(x[2m:30s])", times)).toMatchObject({
      range: {
        rangeMs: 2 * MINUTE,
        inner: { grid: { startMs: 510_000, stepMs: 30_000, steps: 4 } },
      },
    });
    // 600 s − 120 s is a multiple of the step, and the window is open on that side.
    expect(
      plan("max_over_time(x[2m:30s])", { ...times, startMs: 600_000, endMs: 600_000 }),
    ).toMatchObject({
      range: { inner: { grid: { startMs: 510_000, steps: 4 } } },
    });
  });

  test("durations may ask for the query's own step and range", () => {
    expect(plan("rate(x[step() * 2])")).toMatchObject({ range: { rangeMs: 2 * MINUTE } });
    expect(plan("x offset (range() / 2)")).toMatchObject({
      selector: { sampleGrid: { startMs: -5 * MINUTE } },
    });
    expect(() => plan("rate(x[1m - 60s])")).toThrow(
      "1:8: parse error: duration must be greater than 0",
    );
    expect(() => plan("rate(x[1m / 0])")).toThrow("1:8: parse error: division by zero");
  });

  test("start(), end(), step() and range() are numbers by now", () => {
    expect(plan("end()")).toMatchObject({ kind: "number", value: 600 });
    expect(plan("step()")).toMatchObject({ kind: "number", value: 60 });
  });
});

test("timestamp() of a selector is a look-up of its own", () => {
  expect(plan("timestamp((x))")).toMatchObject({ kind: "lookup", wanted: "time" });
  expect(plan("timestamp(-x)")).toMatchObject({ kind: "call" });
});

test("info() looks its series up when the vector's samples are read", () => {
  expect(plan("info(last_over_time(x[5m:1m] @ 420 offset 1m))")).toMatchObject({
    inner: { kind: "info", sampleGrid: { startMs: 360_000 } },
  });
});

test("histograms below histogram_count are read for their counts alone", () => {
  const derives = (query: string): unknown => {
    const found: unknown[] = [];
    JSON.stringify(plan(query), (key, value: unknown) => {
      if (key === "selector") found.push((value as { deriveHints?: boolean }).deriveHints ?? false);
      return value;
    });
    return found;
  };
  expect(derives("histogram_count(rate(x[5m]))")).toEqual([true]);
  expect(derives("histogram_count(rate(x[5m:1m]))")).toEqual([false]);
  expect(derives("histogram_count(max_over_time(rate(x[5m])[10m:1m]))")).toEqual([false]);
  expect(derives("histogram_sum(x unless histogram_quantile(0.5, x) < 3)")).toEqual([true, false]);
  expect(derives("histogram_sum(x >/ 2)")).toEqual([false]);
});
