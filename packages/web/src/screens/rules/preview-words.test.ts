import { expect, it } from "vitest";
import { remarkOf, verdictOf } from "./preview-words.ts";

const told = { times: 4, firingSeconds: 23 * 60, tooShort: 2, series: 3 };

it.each([
  [told, "This would have fired 4 times in the last 7 days, for 23 min in all."],
  [{ ...told, times: 1 }, "This would have fired once in the last 7 days, for 23 min in all."],
  [{ ...told, times: 0 }, "This would not have fired in the last 7 days."],
  [{ ...told, times: 0, series: 0 }, "The expression was never true in the last 7 days."],
])("says of %j what it would have done", (preview, sentence) => {
  expect(verdictOf(preview, 7).replaceAll("\u00a0", " ")).toBe(sentence);
});

it("tells of what was too short", () => {
  expect(remarkOf(told, "5m")).toBe("2 more times it was true for less than 5m.");
  expect(remarkOf({ ...told, tooShort: 0 }, "5m")).toBeNull();
  expect(remarkOf({ ...told, series: 0 }, "5m")).toMatch(/names/);
});
