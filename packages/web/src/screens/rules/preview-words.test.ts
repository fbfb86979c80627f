import { expect, it } from "vitest";
import { remarkOf, verdictOf } from "./preview-words.ts";

const told = { times: 4, firingSeconds: 23 * 60, tooShort: 2, series: 3, stepSeconds: 60 };

it.each([
  [told, "This would have fired 4 times in the last 7 days, for 23 min in all."],
  [{ ...told, times: 1 }, "This would have fired once in the last 7 days, for 23 min in all."],
  [{ ...told, times: 0 }, "This would not have fired in the last 7 days."],
  [{ ...told, times: 0, series: 0 }, "The expression was never true in the last 7 days."],
])("says of %j what it would have done", (preview, sentence) => {
  expect(verdictOf(preview, "the last 7 days").replaceAll("\u00a0", " ")).toBe(sentence);
});

it("tells how closely was looked, and of what was too short", () => {
  const step = "Looked at every 60 s: what was shorter may be missed.";
  const remark = (more: object) => remarkOf({ ...told, ...more }, "5m").replaceAll("\u00a0", " ");
  expect(remark({})).toBe(`2 more times it was true for less than 5m. ${step}`);
  expect(remark({ tooShort: 0 })).toBe(step);
  expect(remark({ series: 0 })).toMatch(/names/);
});
