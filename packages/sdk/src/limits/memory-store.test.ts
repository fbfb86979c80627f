import fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryStore } from "./memory-store.ts";

function setUp(options: { maxKeys?: number; maxEntries?: number } = {}) {
  let now = 0;
  const store = new MemoryStore({ ...options, now: () => now });
  return {
    store,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

test("counts up to the limit, refuses without counting, and lets in as the window slides", async () => {
  const { store, pass } = setUp();
  expect(await store.take("a", 2, 1_000)).toEqual({ allowed: true, remaining: 1, resetMs: 1_000 });
  pass(400);
  expect(await store.take("a", 2, 1_000)).toEqual({ allowed: true, remaining: 0, resetMs: 600 });
  pass(599);
  expect(await store.take("a", 2, 1_000)).toEqual({ allowed: false, remaining: 0, resetMs: 1 });
  pass(1);
  expect(await store.take("a", 2, 1_000)).toEqual({ allowed: true, remaining: 0, resetMs: 400 });
});

test("any sequence of requests is counted as a list of times would count it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }),
      async (limit, pauses) => {
        const { store, pass } = setUp();
        let now = 0;
        let times: number[] = [];
        for (const milliseconds of pauses) {
          pass(milliseconds);
          now += milliseconds;
          times = times.filter((time) => time > now - 1_000);
          const allowed = times.length < limit;
          if (allowed) times.push(now);
          const resetMs = (times[0] ?? now) + 1_000 - now;
          expect(await store.take("a", limit, 1_000)).toEqual({
            allowed,
            remaining: limit - times.length,
            resetMs,
          });
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("memory is bounded by keys and by entries, and what has run out is forgotten", async () => {
  const many = setUp({ maxKeys: 100 });
  for (let index = 0; index < 1_000; index += 1) await many.store.take(`k${index}`, 5, 1_000);
  expect(many.store.size).toBe(100);
  const deep = setUp({ maxEntries: 64 });
  for (let index = 0; index < 50; index += 1) await deep.store.take(`k${index}`, 5, 1_000);
  expect(deep.store.size).toBe(16);
  const idle = setUp();
  for (let index = 0; index < 50; index += 1) await idle.store.take(`k${index}`, 5, 1_000);
  idle.pass(1_000);
  for (let index = 0; index < 30; index += 1) await idle.store.take("busy", 5, 1_000);
  expect(idle.store.size).toBe(1);
});

test("a limit that was lowered since is no negative rest", async () => {
  const { store } = setUp();
  for (let index = 0; index < 5; index += 1) await store.take("a", 5, 1_000);
  expect(await store.take("a", 2, 1_000)).toMatchObject({ allowed: false, remaining: 0 });
});

test("rounding makes no wait longer than the window, however long the process has lived", async () => {
  // (now + 60000) - now is a little more than 60000 here.
  const store = new MemoryStore({ now: () => 80_973.220_596_690_47 });
  expect((await store.take("a", 2, 60_000)).resetMs).toBe(60_000);
});
