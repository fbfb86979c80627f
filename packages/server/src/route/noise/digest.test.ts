import { describe, expect, it } from "vitest";
import { down, house } from "../../../test/router-rig.ts";
import { lastDigestTime } from "./digest.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
/** The house's clock begins on Monday, 5 January 2026, at 12:00 UTC. */
const policy = { receiver: "other", weekday: 3, time: "09:00", timeZone: "Europe/Berlin" };

describe("the digest's time", () => {
  it.each([
    ["2026-01-07T07:59:59Z", "2025-12-31T08:00:00Z"],
    ["2026-01-07T08:00:00Z", "2026-01-07T08:00:00Z"],
    ["2026-01-14T07:00:00Z", "2026-01-07T08:00:00Z"],
    // In summer the zone is two hours ahead.
    ["2026-07-03T00:00:00Z", "2026-07-01T07:00:00Z"],
  ])("at %s was last %s", (now, last) => {
    expect(lastDigestTime(policy, Date.parse(now))).toBe(Date.parse(last));
  });

  it("is there every week, also where the clocks leap over it", () => {
    const leaping = { ...policy, weekday: 7, time: "02:30" };
    const times = Array.from({ length: 60 }, (_, week) =>
      lastDigestTime(leaping, Date.UTC(2026, 0, 6) + week * 7 * DAY),
    );
    const gaps = times.slice(1).map((at, place) => (at - (times[place] ?? 0)) / DAY);
    expect(gaps.every((days) => Math.round(days) === 7)).toBe(true);
  });
});

it("tells the receiver once a week what alerts have cost, whatever the number of servers and restarts", async () => {
  const { another, router, clock, advance, receiver } = await house();
  await router.stop();
  const soon = { ...policy, weekday: 1, time: "13:15" };
  const first = await another({ server: "first", digest: soon });
  await another({ server: "second", digest: soon });
  const startsAt = clock.now();
  const alert = { labels: down("a"), annotations: {}, startsAt, generatorURL: "" };
  await first.accept([alert]);
  await advance(5 * MINUTE);
  await first.accept([{ ...alert, endsAt: clock.now() }]);
  const digests = () =>
    receiver.received.filter(({ body }) => body.groupLabels["alertname"] === "WeeklyDigest");
  await advance(9 * MINUTE);
  expect(digests()).toEqual([]);
  await advance(3 * MINUTE);
  expect(digests()).toMatchObject([
    {
      path: "/other",
      body: {
        alerts: [
          {
            annotations: {
              summary: "The last week: 1 page by 1 alert, 0 of them acted on",
              description: "Down: fired once for 5m, 0 of 1 pages acted on",
            },
          },
        ],
      },
    },
  ]);
  // One that starts later knows that it was told.
  await another({ server: "third", digest: soon });
  await advance(2 * MINUTE);
  expect(digests()).toHaveLength(1);
});
