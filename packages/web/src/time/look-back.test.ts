import { expect, it } from "vitest";
import { daysInUrl } from "./look-back.ts";

it("takes the days of the address only when the screen offers them", () => {
  const choice = {
    lengths: [
      { days: 7, label: "Week" },
      { days: 30, label: "Month" },
    ],
    usual: 7,
  };
  const of = (search: string) => daysInUrl(new URLSearchParams(search), choice);
  expect(of("days=30")).toBe(30);
  expect(of("days=8")).toBe(7);
  expect(of("")).toBe(7);
});
