import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../packages/server/src/model/index.ts";
import type { Labels } from "../../packages/server/src/model/index.ts";
import { createRouter, loadRouteConfig } from "../../packages/server/src/route/index.ts";
import { startReceiver } from "../../packages/server/test/receiver.ts";
import type { TestReceiver } from "../../packages/server/test/receiver.ts";
import { testRecords } from "../../packages/server/test/records.ts";

/*
 * The same configuration and the same alerts, sent at the same moments to this router and to Debian's
 * Alertmanager: for every receiver and group both must tell the same things in the same order.
 * Alerts change every GROUP_INTERVAL, half way between two flushes, so that neither a slow machine
 * nor a slow connection moves a change over a flush.
 */
const GROUP_WAIT = 1500;
const GROUP_INTERVAL = 3000;
const SLOTS = 11;
const ALERTS = 240;

const config = (receiver: TestReceiver) => `
route:
  receiver: default
  group_by: [alertname, cluster]
  group_wait: ${GROUP_WAIT}ms
  group_interval: ${GROUP_INTERVAL}ms
  repeat_interval: 10s
  routes:
    - matchers: [severity="page", team=~"a|b"]
      receiver: pager
      group_by: [team]
      continue: true
    - match: {team: b}
      receiver: quiet
      routes:
        - match_re: {instance: '.*[02468]'}
          group_by: ['...']
          receiver: each
    - matchers: ['team!="c"']
receivers:
  - name: default
    webhook_configs: [{url: "${receiver.url}/default"}, {url: "${receiver.url}/second", max_alerts: 3}]
  - name: pager
    webhook_configs: [{url: "${receiver.url}/pager"}]
  - name: quiet
    webhook_configs: [{url: "${receiver.url}/quiet", send_resolved: false}]
  - name: each
    webhook_configs: [{url: "${receiver.url}/each"}]
inhibit_rules:
  - source_matchers: [severity="page"]
    target_matchers: [severity="info"]
    equal: [cluster, alertname]
`;

/** A generator of numbers below `n`, the same in every run (mulberry32). */
function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n;
  };
}

function hasAlertmanager(): boolean {
  try {
    execFileSync("prometheus-alertmanager", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

it.skipIf(!hasAlertmanager())(
  "tells the same as Alertmanager, in the same order",
  { timeout: 90_000 },
  async () => {
    const [ours, theirs] = [await startReceiver(), await startReceiver()];
    const toOurs = await startRouter(config(ours));
    const toTheirs = await startAlertmanager(config(theirs));

    const random = generator(7);
    const pick = (items: readonly [string, ...string[]]): string =>
      items[Math.floor(random(items.length))] ?? items[0];
    const population = Array.from({ length: ALERTS }, (_, index): Labels => ({
      alertname: pick(["Down", "Slow", "Full", "Leak"]),
      cluster: pick(["eu", "us"]),
      severity: pick(["page", "warn", "info"]),
      team: pick(["a", "b", "c"]),
      instance: `host${index}`,
    }));
    const firing = new Map<Labels, number>();
    const began = Date.now();
    for (let slot = 0; slot < SLOTS; slot += 1) {
      await new Promise((resolve) =>
        setTimeout(resolve, began + slot * GROUP_INTERVAL - Date.now()),
      );
      const now = Date.now();
      const ended = [...firing].filter(() => slot === SLOTS - 2 || random(1) < 0.3);
      for (const [labels] of ended) firing.delete(labels);
      if (slot < SLOTS - 3)
        for (const labels of population)
          if (!firing.has(labels) && random(1) < 0.12) firing.set(labels, now);
      const message = (labels: Labels, startsAt: number, endsAt: number) => ({
        labels,
        annotations: { summary: `${labels["alertname"]} at ${labels["instance"]}` },
        startsAt,
        endsAt,
        generatorURL: "http://prometheus/graph",
      });
      const alerts = [
        ...ended.map(([labels, startsAt]) => message(labels, startsAt, now)),
        ...[...firing].map(([labels, startsAt]) => message(labels, startsAt, now + 60_000)),
      ];
      await Promise.all([toOurs(alerts), toTheirs(alerts)]);
    }
    await new Promise((resolve) => setTimeout(resolve, GROUP_INTERVAL));

    const expected = conversations(theirs);
    expect(theirs.received.length).toBeGreaterThan(100);
    expect([...conversations(ours).keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [about, told] of conversations(ours))
      expect(told, about).toEqual(expected.get(about));
  },
);

/** What a webhook says here alone, or since a later version than Debian's. */
const DIFFERENT = new Set(["externalURL", "idempotencyKey", "notification_reason", "routeLabels"]);

/** What a receiver was told, by its path and the group, without what may differ. */
function conversations(receiver: TestReceiver): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const { path, body } of receiver.received) {
    const told = Object.fromEntries(Object.entries(body).filter(([name]) => !DIFFERENT.has(name)));
    const about = `${path} ${body.groupKey}`;
    found.set(about, [...(found.get(about) ?? []), told]);
  }
  return found;
}

interface Message {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly generatorURL: string;
}
type Send = (alerts: readonly Message[]) => Promise<void>;

async function startRouter(yaml: string): Promise<Send> {
  const records = await testRecords();
  const router = createRouter({
    records,
    incidents: { groupChanged: async () => {} },
    clock: systemClock,
    log: pino({ level: "silent" }),
    announce: () => {},
    externalURL: "http://localhost",
  });
  router.apply(await loadRouteConfig(await configFile(yaml)));
  await router.start();
  onTestFinished(async () => {
    await router.stop();
    await records.close();
  });
  return (alerts) => router.accept(alerts);
}

async function startAlertmanager(yaml: string): Promise<Send> {
  const file = await configFile(yaml);
  const port = await freePort();
  const child = spawn(
    "prometheus-alertmanager",
    [
      `--config.file=${file}`,
      `--storage.path=${file}.data`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    { stdio: "ignore" },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  while (
    !(await fetch(`${url}/-/ready`).then(
      (answer) => answer.ok,
      () => false,
    ))
  )
    await new Promise((resolve) => setTimeout(resolve, 50));
  return async (alerts) => {
    const body = alerts.map((alert) => ({
      ...alert,
      startsAt: new Date(alert.startsAt).toISOString(),
      endsAt: new Date(alert.endsAt).toISOString(),
    }));
    const answer = await fetch(`${url}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
  };
}

async function configFile(yaml: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "sw-side-by-side-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, "alertmanager.yml");
  await writeFile(file, yaml);
  return file;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
