import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../packages/server/test/free-port.ts";
import { startExporter } from "./exporter.ts";
import type { Exporter } from "./exporter.ts";
import { eventually, startPlatform, startShop, switchFault, writeSetup } from "./platform.ts";
import type { Platform, Setup } from "./platform.ts";
import { startReceiver } from "./receiver.ts";
import type { Received, Receiver } from "./receiver.ts";

const ROUNDS = 20;
/** From the fault to the page it takes four to five seconds: kills fall anywhere in between. */
const LATEST_KILL_MS = 5500;
/** What is waited for comes when it comes: a start alone takes a minute on a machine that is very busy. */
const PATIENCE_MS = 300_000;

/** What can be wrong in a system, and the alert that tells of it. */
interface Fault {
  readonly alert: string;
  set(on: boolean): Promise<void>;
  end(): Promise<void>;
}

/** A platform that is killed, with a receiver, an exporter and what is at fault, that are not. */
interface System {
  readonly receiver: Receiver;
  readonly exporter: Exporter;
  readonly setup: Setup;
  readonly fault: Fault;
  /** The scrapes of which nobody can say whether they were over: [after, through]. */
  readonly cutOff: [number, number][];
  platform: Platform;
}

let folder: string;
const systems: System[] = [];

/** The demo's shop whose checkouts fail: rates, and an alert that outlasts gaps in the samples. */
async function shopSystem(dir: string, receiver: Receiver, exporter: Exporter) {
  const extraTargets = [exporter.target];
  const setup = await writeSetup(dir, receiver.url, { extraTargets, demo: false });
  const shop = await startShop(setup.shopPort);
  const fault: Fault = {
    alert: "ShopCheckoutErrors",
    set: (on) => switchFault(setup.shopPort, "errors", on),
    async end() {
      shop.kill("SIGTERM");
    },
  };
  return { setup, fault };
}

/** A gauge that says what is wrong: its alert is over as soon as the gauge is 0, so that rounds are short. */
async function gaugeSystem(dir: string, receiver: Receiver, exporter: Exporter) {
  const port = await freePort();
  const files = {
    "seaworthy.yml": `http: {port: ${port}}\n`,
    "prometheus.yml": `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs: [{job_name: extra, static_configs: [{targets: ["${exporter.target}"]}]}]\n`,
    "rules.yml": `groups:
  - {name: gauge, rules: [{alert: Fault, expr: fault == 1, for: 2s, labels: {severity: critical}}]}\n`,
    "alertmanager.yml": `route: {receiver: hook, group_by: [alertname], group_wait: 1s, group_interval: 1s}
receivers: [{name: hook, webhook_configs: [{url: "${receiver.url}/webhook"}]}]\n`,
  };
  await mkdir(dir);
  for (const [file, text] of Object.entries(files)) await writeFile(join(dir, file), text);
  const config = join(dir, "seaworthy.yml");
  const setup: Setup = { config, data: join(dir, "data"), port, shopPort: 0 };
  const fault: Fault = {
    alert: "Fault",
    async set(on) {
      exporter.setFault(on);
    },
    async end() {},
  };
  return { setup, fault };
}

/** Rounds are shared: each system takes the next one when it is done with the last. */
const KINDS = [shopSystem, gaugeSystem, gaugeSystem];

const start = (setup: Setup) => startPlatform(setup, "server", ["--no-demo"]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-killed-"));
  const starting = KINDS.map(async (make, n) => {
    const receiver = await startReceiver();
    const exporter = await startExporter();
    const made = await make(join(folder, String(n)), receiver, exporter);
    const platform = await start(made.setup);
    systems.push({ ...made, receiver, exporter, cutOff: [], platform });
  });
  await Promise.all(starting);
}, PATIENCE_MS);

afterAll(async () => {
  const ending = systems.map(async ({ platform, fault, receiver, exporter }) => {
    await platform.end("SIGTERM");
    await fault.end();
    await receiver.close();
    await exporter.close();
  });
  await Promise.all(ending);
  await rm(folder, { recursive: true, force: true });
}, PATIENCE_MS);

/** The number of the newest scrape that a query shows, 0 when there is none: what is shown is committed. */
async function newestShown({ platform }: System): Promise<number> {
  const { data } = (await platform.call('/api/v1/query?query=scrape_number{job="extra"}')) as {
    data: { result: { value: [number, string] }[] };
  };
  return Number(data.result[0]?.value[1] ?? 0);
}

/** Kills the platform and starts it again, noting what of the scrapes may be lost by that. */
async function kill(system: System): Promise<void> {
  const shown = await newestShown(system);
  await system.platform.end("SIGKILL");
  system.platform = await start(system.setup);
  system.cutOff.push([shown, system.exporter.answered()]);
}

/** A fault with a kill somewhere between it and its page. */
async function round(system: System, number: number): Promise<void> {
  const { receiver, fault } = system;
  const since = Date.now();
  const before = new Set(receiver.received.map(({ idempotencyKey }) => idempotencyKey));
  // A kill right after the last round may have its end told again: by the same key, so that it is known.
  const isOfRound = ({ path, at, idempotencyKey }: Received) =>
    path === "/webhook" && at >= since && !before.has(idempotencyKey);
  const about = (status: string) => (notification: Received) =>
    isOfRound(notification) &&
    notification.body.status === status &&
    notification.body.alerts?.some(({ labels }) => labels["alertname"] === fault.alert) === true;
  await fault.set(true);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * LATEST_KILL_MS));
  const killed = Date.now();
  await kill(system);
  await receiver.waitFor(`page in round ${number}`, about("firing"), PATIENCE_MS);
  await fault.set(false);
  await receiver.waitFor(`resolution in round ${number}`, about("resolved"), PATIENCE_MS);
  await eventually(
    "all to be over",
    async () => {
      const { data } = (await system.platform.call("/api/v1/alerts")) as {
        data: { alerts: { labels: Record<string, string> }[] };
      };
      // The watchdog is never over.
      return data.alerts.every(({ labels }) => labels["alertname"] === "Watchdog") || undefined;
    },
    PATIENCE_MS,
  );
  const told = receiver.received.filter(isOfRound).map(({ body, idempotencyKey, at }) => ({
    status: body.status,
    key: idempotencyKey,
    after: at - since,
  }));
  const story = JSON.stringify({ number, alert: fault.alert, killed: killed - since, told });
  const keys = (status: string) =>
    new Set(told.filter((each) => each.status === status).map(({ key }) => key));
  expect(keys("firing").size, story).toBe(1);
  expect(keys("resolved").size, story).toBe(1);
}

it(
  `pages exactly once for each of ${ROUNDS} faults, killed at a random moment of each`,
  { timeout: 6 * PATIENCE_MS },
  async () => {
    let next = 0;
    await Promise.all(
      systems.map(async (system) => {
        while (next < ROUNDS) await round(system, next++);
      }),
    );
    expect(systems.flatMap(({ cutOff }) => cutOff)).toHaveLength(ROUNDS);
  },
);

it(
  "has every sample of every scrape that was over before a kill",
  { timeout: PATIENCE_MS },
  async () => {
    for (const system of systems) {
      const { platform, exporter, cutOff } = system;
      const answered = exporter.answered();
      await eventually("the last scrapes to be stored", async () =>
        (await newestShown(system)) >= answered ? true : undefined,
      );
      const { data } = (await platform.call(
        `/api/v1/query?${new URLSearchParams({ query: 'scrape_number{job="extra"}[1h]' })}`,
      )) as { data: { result: { values: [number, string][] }[] } };
      const stored = new Set(
        data.result.flatMap((series) => series.values.map(([, value]) => Number(value))),
      );
      const over = Array.from({ length: answered }, (_, index) => index + 1).filter(
        (scrape) => !cutOff.some(([after, through]) => scrape > after && scrape <= through),
      );
      expect(over.length).toBeGreaterThan(cutOff.length);
      expect(over.filter((scrape) => !stored.has(scrape))).toEqual([]);
    }
  },
);
