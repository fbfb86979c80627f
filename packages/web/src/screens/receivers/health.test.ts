import type { Notification, Receiver, Watchdog } from "@seaworthy/contract";
import { expect, it } from "vitest";
import { byUrgency, proofOf, queueOf } from "./health.ts";

const at = "2026-01-01T12:00:00.000Z";
const now = Date.parse(at) + 60_000;

const watchdog = (
  seenAt: string | null,
  heartbeat: Partial<Watchdog["heartbeat"]> = {},
): Watchdog => ({
  seenAt,
  heartbeat: { configured: true, sentAt: at, failedAt: null, error: null, ...heartbeat },
});

it.each([
  [watchdog(at), now, "proven"],
  [watchdog(at, { configured: false, sentAt: null }), now, "half"],
  [watchdog(at, { error: "refused" }), now, "failed"],
  [watchdog(null), now, "never"],
  [watchdog(at), now + 3_600_000, "stale"],
  [watchdog(at, { sentAt: null }), now, "stale"],
])("%j is %s", (given, when, verdict) => {
  expect(proofOf(given, when).verdict).toBe(verdict);
});

it("puts failing receivers first", () => {
  const one = (name: string, errors: readonly (string | null)[]): Receiver => ({
    name,
    integrations: errors.map((error, index) => ({
      integration: "slack",
      index,
      succeededAt: at,
      failedAt: error === null ? null : at,
      error,
      testedAt: null,
    })),
  });
  const sorted = byUrgency([one("well", [null]), one("ill", [null, "503"]), one("last", [null])]);
  expect(sorted.map(({ name }) => name)).toEqual(["ill", "well", "last"]);
});

it("counts what waits for an integration", () => {
  const notification = (more: Partial<Notification>): Notification => ({
    id: "1",
    receiver: "page",
    integration: "slack",
    status: "firing",
    state: "waiting",
    decidedAt: at,
    sentAt: null,
    attempts: 1,
    error: null,
    groupLabels: {},
    alerts: 1,
    ...more,
  });
  const all = [
    notification({ attempts: 3 }),
    notification({}),
    notification({ state: "sent" }),
    notification({ integration: "email" }),
    notification({ receiver: "other" }),
  ];
  expect(queueOf(all, "page", "slack")).toEqual({ waiting: 2, attempts: 3 });
  expect(queueOf(all, "page", "sns")).toEqual({ waiting: 0, attempts: 0 });
});
