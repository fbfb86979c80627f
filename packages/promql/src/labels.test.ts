import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareLabels, Labels } from "./labels.ts";

const pairs = fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 8 });

describe("Labels", () => {
  test("are sorted, without repeats, and an empty value is no label", () => {
    const labels = Labels.of([
      ["b", "2"],
      ["a", "1"],
      ["c", ""],
      ["b", "3"],
    ]);
    expect([...labels]).toEqual([
      ["a", "1"],
      ["b", "3"],
    ]);
    expect(labels.get("c")).toBe("");
    expect(labels.size).toBe(2);
  });

  test("keep a label called __proto__", () => {
    const labels = Labels.of([["__proto__", "x"]]);
    expect(Object.hasOwn(labels.toObject(), "__proto__")).toBe(true);
  });

  test("share a key exactly when they are equal", () => {
    fc.assert(
      fc.property(pairs, pairs, (a, b) => {
        const left = Labels.of(a);
        const right = Labels.of(b);
        const same = JSON.stringify([...left]) === JSON.stringify([...right]);
        expect(left.key === right.key).toBe(same);
        expect(compareLabels(left, right) === 0).toBe(same);
      }),
    );
    expect(Labels.from({ a: "bb" }).key).not.toBe(Labels.from({ ab: "b" }).key);
  });

  test("drop the name and what describes the metric together", () => {
    const labels = Labels.from({ __name__: "up", __type__: "gauge", __unit__: "s", job: "shop" });
    expect(labels.withoutMetric().toString()).toBe('{job="shop"}');
    expect(labels.metricName).toBe("up");
  });

  test("change one label at a time", () => {
    const labels = Labels.from({ job: "shop" });
    expect(labels.with("env", "prod").toString()).toBe('{env="prod", job="shop"}');
    expect(labels.with("job", "").size).toBe(0);
    expect(labels.with("job", "shop")).toBe(labels);
  });
});
