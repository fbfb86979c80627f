import { afterEach, expect, test, vi } from "vitest";
import { Faults } from "./faults.ts";

const MiB = 1024 * 1024;

afterEach(() => {
  vi.useRealTimers();
});

test("two checkouts in five fail, the first one among them", () => {
  const faults = new Faults();
  expect(faults.checkoutFails()).toBe(false);
  faults.set("errors", true);
  expect(faults.checkoutFails()).toBe(true);
  const failed = Array.from({ length: 99 }, () => faults.checkoutFails()).filter(Boolean).length;
  expect(failed).toBe(39);
  faults.set("errors", false);
  expect(faults.checkoutFails()).toBe(false);
});

test("queries are slow only while the fault is on", () => {
  const faults = new Faults();
  expect(faults.queryDelay()).toBe(0);
  faults.set("slow", true);
  expect(faults.queryDelay()).toBeGreaterThanOrEqual(500);
  faults.clear();
  expect(faults.queryDelay()).toBe(0);
});

test("the leak grows, stops at its limit, and is given back", () => {
  vi.useFakeTimers();
  const faults = new Faults();
  faults.set("leak", true);
  vi.advanceTimersByTime(1_000);
  expect(faults.leakedBytes).toBe(10 * MiB);
  vi.advanceTimersByTime(600_000);
  expect(faults.leakedBytes).toBe(256 * MiB);
  faults.set("leak", false);
  expect(faults.leakedBytes).toBe(0);
  vi.advanceTimersByTime(10_000);
  expect(faults.leakedBytes).toBe(0);
});

test("tells of changes, and only of changes", () => {
  const faults = new Faults();
  const seen: string[] = [];
  faults.onChange((name, on) => seen.push(`${name} ${on}`));
  faults.set("down", true);
  faults.set("down", true);
  faults.clear();
  expect(seen).toEqual(["down true", "down false"]);
});
