import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import type { Change, Labels } from "../../model/index.ts";
import { createRouter, loadRouteConfig } from "../../route/index.ts";
import { ManualClock } from "../../../test/manual-clock.ts";
import { startReceiver } from "../../../test/receiver.ts";
import { testRecords } from "../../../test/records.ts";
import { createIncidents } from "./incidents.ts";

const SECOND = 1000;
const HOUR = 3_600_000;

/** The real router in front of the real incidents, with two receivers of every alert. */
async function house() {
  const receiver = await startReceiver();
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-routed-"));
  const file = join(folder, "alertmanager.yml");
  await writeFile(
    file,
    `
route:
  receiver: first
  group_wait: 1s
  group_interval: 10s
  routes:
    - { receiver: first, continue: true }
    - { receiver: second }
receivers:
  - name: first
    webhook_configs: [{ url: "${receiver.url}/first" }]
  - name: second
    webhook_configs: [{ url: "${receiver.url}/second" }]
`,
  );
  const records = await testRecords();
  const clock = new ManualClock(Date.UTC(2026, 0, 5, 12));
  const changes: Change[] = [];
  const announce = (change: Change) => void changes.push(change);
  const incidents = createIncidents({ records, clock, announce });
  const router = createRouter({
    records,
    clock,
    incidents,
    announce,
    log: pino({ level: "silent" }),
    externalURL: "http://seaworthy.example",
    random: () => 0.5,
  });
  router.apply(await loadRouteConfig(file));
  await router.start();
  onTestFinished(async () => {
    await router.stop();
    await records.close();
    await rm(folder, { recursive: true, force: true });
  });
  const startsAt = clock.now();
  return {
    incidents,
    receiver,
    changes,
    clock,
    accept: (labels: Labels, resolved = false, since = startsAt) =>
      router.accept([
        {
          labels,
          annotations: { summary: "Checkouts fail" },
          startsAt: since,
          endsAt: resolved ? clock.now() : clock.now() + HOUR,
          generatorURL: "/graph?g0.expr=up+%3D%3D+0",
        },
      ]),
    advance: (ms: number) => clock.advanceSettled(ms, () => router.settled()),
  };
}

it("one fault is one incident, whose timeline knows who was told", async () => {
  const { incidents, receiver, changes, accept, advance } = await house();
  const labels = { alertname: "Errors", severity: "critical", service: "shop" };
  await accept(labels);
  await advance(2 * SECOND);
  await accept(labels, true);
  await advance(20 * SECOND);
  expect(receiver.received).toHaveLength(4);
  const { incidents: all } = await incidents.list({ state: "all", limit: 10 });
  expect(all).toMatchObject([{ number: 1, state: "resolved", title: "Checkouts fail" }]);
  const { timeline, alerts } = await incidents.get("1");
  expect(alerts.map((alert) => alert.expression)).toEqual(["up == 0"]);
  const texts = timeline.map(({ kind, text }) => (kind === "notified" ? text : kind));
  expect(texts.slice(0, 2)).toEqual(["opened", "alert_firing"]);
  expect(
    texts.filter((text) => text.includes("was told")).sort((a, b) => (a < b ? -1 : 1)),
  ).toEqual([
    "first was told by webhook (firing, 1 alert)",
    "first was told by webhook (resolved, 1 alert)",
    "second was told by webhook (firing, 1 alert)",
    "second was told by webhook (resolved, 1 alert)",
  ]);
  expect(texts.filter((text) => text === "resolved")).toHaveLength(1);
  expect(changes.filter(({ topic }) => topic === "incidents").length).toBeGreaterThanOrEqual(6);
});

it("says in the timeline that a receiver refused", async () => {
  const { incidents, receiver, accept, advance } = await house();
  receiver.answer = 400;
  await accept({ alertname: "Errors", severity: "critical" });
  await advance(2 * SECOND);
  const { timeline } = await incidents.get("1");
  const failed = timeline.filter(({ kind }) => kind === "notification_failed");
  expect(failed.length).toBeGreaterThanOrEqual(2);
  expect(failed[0]?.text).toMatch(
    /^(first|second) could not be told by webhook \(firing, 1 alert\): /,
  );
});

it("a firing that began anew between two looks at its group reopens what a person closed", async () => {
  const { incidents, clock, accept, advance } = await house();
  const labels = { alertname: "Errors", severity: "critical", service: "shop" };
  await accept(labels);
  await advance(2 * SECOND);
  await incidents.resolve("ann@example.com", "1");
  await accept(labels);
  await advance(20 * SECOND);
  expect((await incidents.get("1")).incident.state).toBe("resolved");
  await accept(labels, true);
  await advance(SECOND);
  await accept(labels, false, clock.now());
  await advance(20 * SECOND);
  expect((await incidents.get("1")).incident).toMatchObject({
    state: "triggered",
    firingAlerts: 1,
  });
});
