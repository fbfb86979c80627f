import { expect, it } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

it("reads and writes Prometheus's durations", () => {
  for (const [text, ms] of [
    ["15s", 15_000],
    ["1h30m", 5_400_000],
    ["250ms", 250],
    ["0", 0],
    ["2w", 1_209_600_000],
  ] as const) {
    expect(parseDuration(text)).toBe(ms);
    if (text !== "0") expect(formatDuration(ms)).toBe(text);
  }
  for (const text of ["", "5", "1.5h", "-1s", "1s1h", "1 s", "99999999999999999999y"])
    expect(parseDuration(text)).toBeUndefined();
});
