import { expect, it } from "vitest";
import { bounded, deadline } from "./bounded.ts";

const never = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });

it("ends work that takes too long, and says so in the caller's words", async () => {
  const late = () => new Error("too late");
  await expect(bounded(1, undefined, late, never)).rejects.toThrow("too late");
  await expect(bounded(60_000, undefined, late, async () => 1)).resolves.toBe(1);
});

it("ends work whose caller has gone, before it began too", async () => {
  const caller = new AbortController();
  const late = () => new Error("too late");
  const working = bounded(60_000, caller.signal, late, never);
  caller.abort(new Error("gone"));
  await expect(working).rejects.toThrow("gone");
  expect(deadline(60_000, caller.signal).signal.reason).toEqual(new Error("gone"));
});

it("is over at once without any time", () => {
  const limit = deadline(0, undefined);
  expect([limit.isOver, limit.signal.aborted]).toEqual([true, true]);
});

it("lets go of a caller that stays", () => {
  const caller = new AbortController();
  const limit = deadline(60_000, caller.signal);
  limit.done();
  caller.abort();
  expect(limit.signal.aborted).toBe(false);
});
