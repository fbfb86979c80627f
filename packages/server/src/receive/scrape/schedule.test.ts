import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  content,
  job,
  rig,
  rows,
  serve,
  START,
  texts,
  useScrapeRig,
} from "../../../test/scrape-rig.ts";
import { Schedule } from "./schedule.ts";

useScrapeRig();

const interval = fc.integer({ min: 1, max: 3_600_000 });
const now = fc.integer({ min: 0, max: 4_000_000_000_000 });

it("is due once an interval, on one grid, whatever the moment", () => {
  fc.assert(
    fc.property(interval, now, fc.string(), (interval, now, key) => {
      const schedule = new Schedule(interval, key, "seed");
      const due = schedule.after(now);
      expect(due).toBeGreaterThan(now);
      expect(due - now).toBeLessThanOrEqual(interval);
      expect(schedule.after(due)).toBe(due + interval);
      expect(new Schedule(interval, key, "seed").after(now)).toBe(due);
    }),
  );
});

it("spreads targets over the interval", () => {
  const quarters = [0, 0, 0, 0];
  for (let i = 0; i < 400; i += 1) {
    const due = new Schedule(1000, `target-${i}`, "seed").after(0);
    const quarter = Math.floor((due % 1000) / 250);
    quarters[quarter] = (quarters[quarter] ?? 0) + 1;
  }
  for (const count of quarters) expect(count).toBeGreaterThan(50);
});

it("puts what is a little off the grid back on it", () => {
  const schedule = new Schedule(1000, "a", "seed");
  expect([995, 1000, 1015, 1100, 900].map((now) => schedule.stamp(1000, now))).toEqual([
    1000, 1000, 1000, 1100, 900,
  ]);
  expect([0, 999, 1000, 3500].map((late) => schedule.missed(1000, 1000 + late))).toEqual([
    0, 0, 1, 3,
  ]);
});

describe("a clock that is set", () => {
  it("back does not stop the scrapes", async () => {
    const { clock, scrape } = await rig(job(await serve(texts("a 1\n"))));
    const first = rows(await scrape())[0]?.time ?? 0;
    clock.set(START - 3_600_000);
    // The timer that was set before finds that it is early.
    clock.advance(1000);
    expect(content(await scrape())).toEqual([["a", 1]]);
    const again = rows(await scrape())[0]?.time ?? 0;
    expect(again).toBeLessThan(START - 3_590_000);
    expect((first - again) % 1000).toBe(0);
  });

  it("forward makes one scrape, not all that were missed", async () => {
    const { clock, scrape, sink } = await rig(job(await serve(texts("a 1\n"))));
    await scrape();
    clock.set(START + 3_600_000);
    await scrape();
    await scrape();
    expect(sink.batches).toHaveLength(3);
  });
});
