import { expect, test } from "vitest";
import { subscribersInWords, uptimeInWords } from "./words.ts";
import type { StatusComponent } from "@seaworthy/contract";

test.each([
  [null, 0, "no data yet"],
  [0.99999, 90, "99.99 % up in 90 days"],
  [1, 12, "100 % up, known for 12 of 90 days"],
])("uptime %s of %s days", (uptime, knownDays, words) => {
  expect(uptimeInWords({ uptime, knownDays } as StatusComponent)).toBe(words);
});

test("subscribers are counted by whether they confirmed", () => {
  expect(subscribersInWords([])).toBe("0 subscribers");
  expect(
    subscribersInWords([
      { kind: "email", state: "confirmed", count: 1 },
      { kind: "webhook", state: "pending", count: 2 },
    ]),
  ).toBe("1 subscriber, 2 not confirmed yet");
});
