import { describe, expect, it } from "vitest";
import { contains, namedTimeInterval } from "./time-interval.ts";

function interval(fields: object) {
  const [one] = namedTimeInterval.parse({ name: "x", time_intervals: [fields] }).time_intervals;
  if (one === undefined) throw new Error("no interval");
  return one;
}

const at = (text: string) => Date.parse(text);

describe("time intervals", () => {
  it.each([
    [{ times: [{ start_time: "09:00", end_time: "17:00" }] }, "2026-03-02T09:00:00Z", true],
    [{ times: [{ start_time: "09:00", end_time: "17:00" }] }, "2026-03-02T17:00:00Z", false],
    [{ times: [{ start_time: "23:00", end_time: "24:00" }] }, "2026-03-02T23:59:59Z", true],
    [{ weekdays: ["monday:friday"] }, "2026-03-06T12:00:00Z", true],
    [{ weekdays: ["Saturday", "sunday"] }, "2026-03-06T12:00:00Z", false],
    [{ days_of_month: ["-1"] }, "2026-02-28T12:00:00Z", true],
    [{ days_of_month: ["29:31"] }, "2026-02-28T12:00:00Z", false],
    [{ days_of_month: ["1:-2"] }, "2026-02-28T12:00:00Z", false],
    [{ months: ["march:5"] }, "2026-04-01T00:00:00Z", true],
    [{ years: ["2020:2025"] }, "2026-01-01T00:00:00Z", false],
    [{ location: "Asia/Tokyo", weekdays: ["tuesday"] }, "2026-03-02T15:00:00Z", true],
    [
      { location: "Europe/Berlin", times: [{ start_time: "00:00", end_time: "01:00" }] },
      "2026-07-01T22:30:00Z",
      true,
    ],
    [{}, "2026-07-01T22:30:00Z", true],
  ])("%j at %s: %s", (fields, time, expected) => {
    expect(contains(interval(fields), at(time))).toBe(expected);
  });

  it.each([
    { times: [{ start_time: "9:00", end_time: "17:00" }] },
    { times: [{ start_time: "17:00", end_time: "09:00" }] },
    { times: [{ start_time: "17:00" }] },
    { weekdays: ["friday:monday"] },
    { weekdays: ["someday"] },
    { days_of_month: ["0"] },
    { days_of_month: ["-5:5"] },
    { days_of_month: ["5:-25"] },
    { months: ["13"] },
    { years: ["2030:2020"] },
    { location: "Mars/Olympus" },
    { hours: ["1"] },
  ])("refuses %j", (fields) => {
    expect(() => interval(fields)).toThrow();
  });
});
