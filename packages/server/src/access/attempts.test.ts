import { expect, it } from "vitest";
import { Attempts } from "./attempts.ts";
import { Gate } from "./gate.ts";

function attempts(maxKeys = 100) {
  let now = 0;
  const clock = {
    now: () => now,
    after: () => {
      throw new Error("no timers here");
    },
  };
  return {
    attempts: new Attempts({ clock, limit: 3, windowMs: 1000, maxKeys }),
    wait: (ms: number) => (now += ms),
  };
}

it("counts by key, and says how long to wait", () => {
  const { attempts: some, wait } = attempts();
  expect([some.take("a"), some.take("a"), some.take("a")]).toEqual([0, 0, 0]);
  wait(400);
  expect(some.take("a")).toBe(600);
  expect(some.take("b")).toBe(0);
  wait(600);
  expect(some.take("a")).toBe(0);
});

it("takes good attempts back", () => {
  const { attempts: some } = attempts();
  for (let n = 0; n < 10; n += 1) {
    expect(some.take("a")).toBe(0);
    some.giveBack("a");
  }
  expect(some.size).toBe(0);
});

it("forgets the oldest keys rather than growing", () => {
  const { attempts: some } = attempts(10);
  for (let n = 0; n < 1000; n += 1) some.take(String(n));
  expect(some.size).toBe(10);
});

it("lets few run, some wait and turns the rest away", async () => {
  const gate = new Gate({ atOnce: 2, most: 5 });
  const releases: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const work = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => releases.push(resolve));
    running -= 1;
    return "done";
  };
  const runs = Array.from({ length: 8 }, () => gate.run(work));
  // Those that wait reach `work` only after one before them has been released.
  for (let released = 0; released < 5; released += 1) {
    while (releases.length === 0) await Promise.resolve();
    releases.shift()?.();
  }
  const results = await Promise.all(runs);
  expect(most).toBe(2);
  expect(results.filter((result) => result === undefined)).toHaveLength(3);
  expect(await gate.run(async () => "again")).toEqual({ result: "again" });
});

it("goes on after work that failed", async () => {
  const gate = new Gate({ atOnce: 1, most: 1 });
  await expect(gate.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await gate.run(async () => 1)).toEqual({ result: 1 });
});
