import { createEngine as createLogEngine } from "@seaworthy/logql";
import { memorySource } from "@seaworthy/logql/testing";
import { createEngine, Labels } from "@seaworthy/promql";
import { MemorySource } from "@seaworthy/promql/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { advance } from "../rules/alert-lifecycle.ts";
import type { AlertStates } from "../rules/alert-lifecycle.ts";
import { comparisonOf } from "./comparison.ts";
import { firingsOf } from "./firings.ts";
import { pastOfLogs, pastOfMetrics } from "./past.ts";
import { previewRule } from "./rule-preview.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 15, 12, 0, 30);

describe("firings in steps", () => {
  it("are those of the rules' own state machine", () => {
    const durations = fc.integer({ min: 0, max: 5 });
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 40 }),
        durations,
        durations,
        (truth, hold, keep) => {
          const rule = { holdFor: hold * MINUTE, keepFiringFor: keep * MINUTE };
          const alert = { labels: { alertname: "A" }, annotations: {}, value: 1 };
          let states: AlertStates = new Map();
          const theirs: boolean[] = [];
          for (const [step, isTrue] of truth.entries()) {
            states = advance(states, new Map(isTrue ? [["a", alert]] : []), step * MINUTE, rule);
            theirs.push(states.get("a")?.state === "firing");
          }
          const ours = Array.from(truth, () => false);
          const grid = { steps: truth.length, stepMs: MINUTE };
          for (const { from, to } of firingsOf((step) => truth[step] ?? false, grid, rule).firings)
            ours.fill(true, from, to ?? truth.length);
          expect(ours).toEqual(theirs);
        },
      ),
    );
  });
});

describe("a preview", () => {
  const source = new MemorySource();
  const engine = createEngine({});
  const asked: { step: number; timeoutMs: number | undefined }[] = [];
  const queries = pastOfMetrics({
    parse: (query: string) => engine.parse(query),
    range: (
      query: string,
      start: number,
      end: number,
      step: number,
      options?: { timeoutMs?: number },
    ) => {
      asked.push({ step, timeoutMs: options?.timeoutMs });
      return engine.range(query, start, end, step, source);
    },
  });
  // Two instances with values once a minute over two hours: high for 10 minutes each, overlapping by 5.
  const begin = NOW - 2 * 3_600_000;
  for (let minute = 0; minute < 120; minute += 1) {
    const at = begin + minute * MINUTE;
    const high = (from: number, to: number) => (minute >= from && minute < to ? 9 : 1);
    source.add(Labels.from({ __name__: "lag", instance: "a" }), at, high(20, 30));
    source.add(Labels.from({ __name__: "lag", instance: "b" }), at, high(25, 35));
    source.add(Labels.from({ __name__: "lag", instance: "c" }), at, high(50, 52));
  }
  const request = { expression: "lag > 5", holdFor: 4 * MINUTE, keepFiringFor: 0, now: NOW };

  it("counts firings, and the time in which something fired once", async () => {
    const preview = await previewRule(queries, { ...request, span: 7 * DAY });
    expect(preview).toMatchObject({
      step: MINUTE,
      times: 2,
      // a from its 24th minute to the 30th, b from the 29th to the 35th.
      firingFor: 11 * MINUTE,
      tooShort: 1,
      series: 3,
      truncated: false,
      comparison: { expression: "lag", operator: ">", threshold: 5 },
    });
    expect(preview.firings.map(({ labels }) => labels)).toEqual([
      { instance: "a" },
      { instance: "b" },
    ]);
    expect(asked.at(-1)).toEqual({ step: MINUTE, timeoutMs: 20_000 });
  });

  it("looks closely at the last hour", async () => {
    const preview = await previewRule(queries, { ...request, holdFor: 0, span: 3_600_000 });
    // All that was high was high in the hour before.
    expect(preview).toMatchObject({ step: 5000, times: 0, series: 0 });
    const twoHours = await previewRule(queries, { ...request, holdFor: 0, span: 7_200_000 });
    expect(twoHours).toMatchObject({ step: 5000, times: 3 });
  });

  it("takes longer steps over a longer time, and leaves open what still fires", async () => {
    const preview = await previewRule(queries, {
      ...request,
      expression: "vector(1)",
      span: 30 * DAY,
    });
    expect((preview.end - preview.start) / preview.step).toBeLessThan(10_600);
    expect(preview.firings).toMatchObject([{ to: undefined }]);
    expect(preview.comparison).toBeUndefined();
  });

  it("says what is wrong with an expression", async () => {
    const preview = previewRule(queries, { ...request, expression: "lag >", span: DAY });
    await expect(preview).rejects.toThrow(/parse|unexpected/);
  });
});

it.each([
  ["a > 5", "a > 5"],
  ["(sum(rate(a[5m])) / sum(rate(b[5m]))) >= 0.05", "sum(rate(a[5m])) / sum(rate(b[5m])) >= 0.05"],
  ["5 < a", "a > 5"],
  ["a > 5 and on (job) b > 7", "a > 5"],
  ["a unless b", undefined],
  ["a > b", undefined],
  ["a < -(3 * 60)", "a < -180"],
  ["a > bool 5", "a > 5"],
  ["absent(up)", undefined],
])("draws %s as %s", (query, drawn) => {
  const found = comparisonOf(createEngine({}).parse(query));
  expect(found && `${found.expression} ${found.operator} ${found.threshold}`).toBe(drawn);
});

it("a preview over logs counts the steps at which enough lines had come", async () => {
  const engine = createLogEngine();
  const entries = Array.from({ length: 20 }, (_, i) => ({
    timeNs: BigInt(NOW - 3_600_000 + i * 1000) * 1_000_000n,
    line: "error",
    stream: { service_name: "shop" },
    metadata: {},
  }));
  const source = memorySource(entries);
  const past = pastOfLogs({
    parse: (query) => engine.parse(query),
    metric: (expr, grid) => engine.metric(expr, grid, source),
  });
  const request = { holdFor: 0, keepFiringFor: 0, now: NOW, span: 2 * 3_600_000 };
  const preview = await previewRule(past, {
    ...request,
    expression: 'sum by (service_name) (count_over_time({service_name="shop"}[1m])) >= 20',
  });
  expect(preview).toMatchObject({ times: 1, series: 1, comparison: undefined });
  expect(preview.firings[0]?.labels).toEqual({ service_name: "shop" });
  await expect(
    previewRule(past, { ...request, expression: '{service_name="shop"}' }),
  ).rejects.toThrow("gives lines");
});
