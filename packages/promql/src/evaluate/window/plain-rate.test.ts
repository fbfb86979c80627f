import fc from "fast-check";
import { expect, it } from "vitest";
import { createEngine } from "../../engine.ts";
import { Labels } from "../../labels.ts";
import type { RawSeries, Source } from "../../source.ts";

/** Counters and gauges with gaps, resets, zeros of both signs, and numbers that are none. */
const samples = fc
  .array(
    fc.record({
      gap: fc.constantFrom(1, 999, 15_000, 15_000, 15_000, 60_000, 400_000),
      value: fc.oneof(
        fc.constantFrom(0, -0, 1, Number.NaN, Infinity, -Infinity, 1e308, 5e-324),
        fc.integer({ min: -5, max: 50 }),
        fc.double({ noNaN: true }),
      ),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let at = 1_000_000;
    const times = Float64Array.from(steps, ({ gap }) => (at += gap));
    return { times, values: Float64Array.from(steps, ({ value }) => value) };
  });

const bits = (values: Float64Array) =>
  // One NaN is as good as another.
  [...new BigUint64Array(Float64Array.from(values, (v) => (Number.isNaN(v) ? NaN : v)).buffer)];

async function evaluated(query: string, series: RawSeries, stepMs: number) {
  const source: Source = { select: () => [series] };
  const engine = createEngine({ experimental: { startTimestamps: true } });
  const { value } = await engine.range(query, 1_000_000, 2_000_000, stepMs, source);
  const [found] = value.type === "grid" ? value.series : [];
  return found === undefined ? undefined : [[...found.kinds], bits(found.values)];
}

it("gives what the window by window evaluation gives, bit for bit", async () => {
  const labels = Labels.from({ __name__: "x_total" });
  await fc.assert(
    fc.asyncProperty(
      samples,
      fc.constantFrom("rate", "increase", "delta"),
      fc.constantFrom("1m", "5m", "7m3s", "1ms"),
      fc.constantFrom(1000, 15_000, 61_000, 700_000),
      async (series, name, range, stepMs) => {
        const query = `${name}(x_total[${range}])`;
        // Start times that are all unknown change nothing, and are not looked at in one loop.
        const startTimes = new Float64Array(series.times.length);
        expect(await evaluated(query, { labels, ...series }, stepMs)).toEqual(
          await evaluated(query, { labels, ...series, startTimes }, stepMs),
        );
      },
    ),
    { numRuns: 300 },
  );
});
