import fc from "fast-check";
import { expect, it } from "vitest";
import { createEngine } from "../../engine.ts";
import { Labels } from "../../labels.ts";
import { MemorySource } from "../../testing/memory-source.ts";

it("of 0 and −0 takes the first as the extreme, in every window", async () => {
  const source = new MemorySource();
  const values = [0, -0, 1, -0, 0, -1];
  values.forEach((value, i) => source.add(Labels.from({ __name__: "x" }), i * 60_000, value));
  for (const name of ["min_over_time", "max_over_time"]) {
    const query = `${name}(x[2m])`;
    const { value } = await createEngine().range(query, 60_000, 300_000, 60_000, source);
    const [series] = value.type === "grid" ? value.series : [];
    const pick = name === "min_over_time" ? Math.min : Math.max;
    const expected = [1, 2, 3, 4, 5].map((i) => {
      const a = values[i - 1] ?? 0;
      const b = values[i] ?? 0;
      return a === b ? a : pick(a, b);
    });
    expect([...(series?.values ?? [])]).toEqual(expected);
  }
});

it("finds the extremes of any windows among any values, in one step as in many", async () => {
  const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(Number.NaN, -0, 0.5));
  const values = fc.array(value, { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(values, fc.nat(12), fc.nat(6), async (all, minutes, skipped) => {
      const source = new MemorySource();
      all.forEach((one, i) => source.add(Labels.from({ __name__: "x" }), i * 60_000, one));
      const engine = createEngine();
      for (const name of ["min_over_time", "max_over_time"]) {
        const query = `${name}(x[${minutes + 1}m])`;
        const step = (skipped + 1) * 60_000;
        const end = (all.length - 1) * 60_000;
        const { value: grid } = await engine.range(query, 0, end, step, source);
        const [series] = grid.type === "grid" ? grid.series : [];
        for (let at = 0; at <= end; at += step) {
          const last = at / 60_000;
          const window = all.slice(Math.max(0, last - minutes), last + 1);
          const numbers = window.filter((one) => !Number.isNaN(one));
          const better = (a: number, b: number) => (name === "min_over_time" ? b < a : b > a);
          const expected =
            numbers.length === 0 ? Number.NaN : numbers.reduce((a, b) => (better(a, b) ? b : a));
          expect(series?.values[at / step]).toBe(expected);
          const { value: one } = await engine.instant(query, at, source);
          expect(one.type === "vector" ? one.samples[0]?.value : undefined).toBe(expected);
        }
      }
    }),
    { numRuns: 30 },
  );
});
