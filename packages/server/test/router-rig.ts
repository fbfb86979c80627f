import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import type { AlertGroup, Labels } from "../src/model/index.ts";
import { createRouter, loadRouteConfig } from "../src/route/index.ts";
import type { IncomingAlert, Router, RouterOptions } from "../src/route/index.ts";
import type { Records } from "../src/store/index.ts";
import { ManualClock } from "./manual-clock.ts";
import { startReceiver } from "./receiver.ts";
import type { TestReceiver } from "./receiver.ts";
import { testRecords } from "./records.ts";

const HOUR = 3_600_000;

async function config(yaml: string) {
  const dir = await mkdtemp(join(tmpdir(), "sw-route-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, "alertmanager.yml");
  await writeFile(file, yaml);
  return loadRouteConfig(file);
}

/** A route with one webhook; waits of 10 s, 1 min and 1 h. */
export const simple = (receiver: TestReceiver, more = "") => `
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 1h
${more}
receivers:
  - name: hook
    webhook_configs:
      - url: ${receiver.url}/hook
  - name: other
    webhook_configs:
      - url: ${receiver.url}/other
  - name: quiet
    webhook_configs:
      - url: ${receiver.url}/quiet
        send_resolved: false
`;

/** A router at work, what it tells incidents and what its receiver gets. */
export interface House {
  readonly clock: ManualClock;
  readonly records: Records;
  readonly receiver: TestReceiver;
  readonly told: AlertGroup[];
  readonly router: Router;
  /** Another router over the same records, as another process would have it. */
  readonly another: (options?: Partial<RouterOptions>) => Promise<Router>;
  readonly fire: (labels: Labels, more?: Partial<IncomingAlert>) => Promise<void>;
  readonly resolve: (labels: Labels) => Promise<void>;
  readonly advance: (ms: number) => Promise<void>;
  /** What has arrived: path, status and the alerts' instances with their status. */
  readonly arrived: () => string[];
}

/** A router over records of its own; `yaml` is its alertmanager.yml. Time stands still until `advance`. */
export async function house(
  yaml: (receiver: TestReceiver) => string = simple,
  settings: Partial<RouterOptions> = {},
): Promise<House> {
  const clock = new ManualClock(Date.UTC(2026, 0, 5, 12));
  const records = await testRecords();
  const receiver = await startReceiver();
  const told: AlertGroup[] = [];
  const routeConfig = await config(yaml(receiver));
  const routers: Router[] = [];
  const another = async (options: Partial<RouterOptions> = {}) => {
    const router = createRouter({
      records,
      clock,
      incidents: {
        groupsChanged: async (_tx, changes) => {
          told.push(...changes.map(({ group }) => group));
        },
      },
      log: pino({ level: "silent" }),
      announce: () => {},
      externalURL: "http://seaworthy.example",
      random: () => 0.5,
      ...settings,
      ...options,
    });
    router.apply(routeConfig);
    await router.start();
    routers.push(router);
    return router;
  };
  const router = await another();
  onTestFinished(async () => {
    for (const one of routers) await one.stop();
    await records.close();
  });
  const settled = async () => {
    for (const one of routers) await one.settled();
  };
  const started = new Map<string, number>();
  return {
    clock,
    records,
    receiver,
    told,
    router,
    another,
    async fire(labels, more = {}) {
      const key = JSON.stringify(labels);
      const startsAt = started.get(key) ?? clock.now();
      started.set(key, startsAt);
      const endsAt = clock.now() + 4 * HOUR;
      await router.accept([
        { labels, annotations: {}, startsAt, endsAt, generatorURL: "http://expr", ...more },
      ]);
    },
    async resolve(labels) {
      const startsAt = started.get(JSON.stringify(labels)) ?? clock.now();
      started.delete(JSON.stringify(labels));
      await router.accept([
        { labels, annotations: {}, startsAt, endsAt: clock.now(), generatorURL: "http://expr" },
      ]);
    },
    advance: (ms) => clock.advanceSettled(ms, settled),
    arrived: () =>
      receiver.received.map(({ path, body }) => {
        const alerts = body.alerts.map((a) => `${a.labels["instance"]}:${a.status}`);
        return `${path} ${body.status} ${alerts.join(" ")}`;
      }),
  };
}

/** Labels of an alert that an instance is down. */
export const down = (instance: string, more: Labels = {}): Labels => ({
  alertname: "Down",
  instance,
  ...more,
});
