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
