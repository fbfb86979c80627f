import { afterAll, beforeAll, expect, it } from "vitest";
import type { ChangeDraft, Clock } from "../../model/index.ts";
import type { Records } from "../../store/index.ts";
import { testRecords } from "../../../test/records.ts";
import { createIncidents } from "../incidents/incidents.ts";
import { createChanges } from "./changes.ts";

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
let now = START;
const clock: Clock = {
  now: () => now,
  after: () => {
    throw new Error("changes set no timers");
  },
};
let records: Records;
beforeAll(async () => {
  records = await testRecords();
});
afterAll(() => records.close());

const draft = (given: Partial<ChangeDraft> & { title: string }): ChangeDraft => ({
  kind: "deploy",
  service: "shop",
  environment: null,
  version: null,
  url: null,
  at: null,
  key: null,
  ...given,
});

it("stand on the timelines of what breaks after them and while it is open, each once", async () => {
  const deps = { records, clock, announce: () => {} };
  const changes = createChanges(deps);
  const incidents = createIncidents(deps);
  await changes.record("ci", draft({ title: "too long ago", at: START - 2 * 60 * MINUTE }));
  const release = draft({
    title: "Release 2031",
    version: "v2031",
    environment: "production",
    url: "https://example.com/2031",
    at: START - 5 * MINUTE,
    key: "run-1",
  });
  const [first, again] = await Promise.all([
    changes.record("ci", release),
    changes.record("ci", release),
  ]);
  expect(again.id).toBe(first.id);
  await changes.record("ci", draft({ title: "of another service", service: "mail" }));
  await changes.record("ops", draft({ kind: "infrastructure", title: "new nodes", service: null }));
  now += MINUTE;
  await incidents.open("ann", { title: "Checkout fails", severity: "P1", service: "shop" });
  now += MINUTE;
  await changes.record("ci", draft({ kind: "flag", title: "checkout-v2 off" }));
  await changes.record("ci", draft({ title: "told of late", at: START - 90 * MINUTE }));
  const { timeline } = await incidents.get("1");
  expect(timeline.map(({ at, text, detail }) => [+at - START, text, detail?.url])).toEqual([
    [-5 * MINUTE, "Deploy of shop in production: Release 2031 (v2031)", "https://example.com/2031"],
    [0, "Infrastructure: new nodes", undefined],
    [MINUTE, "Opened as P1 by hand", undefined],
    [2 * MINUTE, "Flag of shop: checkout-v2 off", undefined],
  ]);
  const listed = await changes.list({
    from: new Date(START - 10 * MINUTE),
    to: new Date(now),
    services: ["shop"],
    limit: 10,
  });
  expect(listed.map(({ title }) => title)).toEqual([
    "checkout-v2 off",
    "new nodes",
    "Release 2031",
  ]);
});
