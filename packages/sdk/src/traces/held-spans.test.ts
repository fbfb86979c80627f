import { expect, test } from "vitest";
import { hold } from "./held-spans.ts";

test("of too many spans those are held that failed, and those that others are below", () => {
  const spans: { name: string; start: number; error?: string }[] = [];
  const held = (name: string, start: number, error?: string) =>
    hold(spans, { name, start, ...(error === undefined ? {} : { error }) }, 4);
  for (let index = 0; index < 10; index += 1)
    expect(held(`query ${index}`, 10 + index)).toBe(index < 4);
  expect(held("failing", 30, "no")).toBe(false);
  expect(held("around them", 2)).toBe(false);
  expect(held("around all", 1)).toBe(false);
  expect(spans.map(({ name }) => name)).toEqual([
    "query 0",
    "around all",
    "around them",
    "failing",
  ]);
});
