import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startExporter } from "./exporter.ts";
import type { Exporter } from "./exporter.ts";
import { eventually, startPlatform, startShop, switchFault, writeSetup } from "./platform.ts";
import type { Platform, Setup } from "./platform.ts";
import { startReceiver } from "./receiver.ts";
import type { Received, Receiver } from "./receiver.ts";

const ROUNDS = 20;
/** Most of a round is waiting: two systems of their own share the rounds. */
const SYSTEMS = 2;
/** From the fault to the page it takes four to five seconds: kills fall anywhere in between. */
const LATEST_KILL_MS = 5500;
/** A scrape that was answered this long before the kill has been written and acknowledged. */
const SETTLED_MS = 1000;

/** A platform that is killed, with a shop, a receiver and an exporter that are not. */
interface System {
  readonly receiver: Receiver;
  readonly exporter: Exporter;
  readonly setup: Setup;
  readonly shop: ChildProcess;
  readonly kills: number[];
  platform: Platform;
}

let folder: string;
const systems: System[] = [];

async function startSystem(dir: string): Promise<System> {
  const receiver = await startReceiver();
  const exporter = await startExporter();
  const extraTargets = [exporter.target];
  const setup = await writeSetup(dir, receiver.url, { extraTargets, demo: false });
  const shop = await startShop(setup.shopPort);
  const platform = await startPlatform(setup, "server");
  return { receiver, exporter, setup, shop, kills: [], platform };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-killed-"));
  for (let n = 0; n < SYSTEMS; n += 1) systems.push(await startSystem(join(folder, String(n))));
}, 120_000);

afterAll(async () => {
  for (const { platform, shop, receiver, exporter } of systems) {
    await platform.end("SIGTERM");
    shop.kill("SIGTERM");
    await receiver.close();
    await exporter.close();
  }
  await rm(folder, { recursive: true, force: true });
});

const about = (status: string, since: number) => (notification: Received) =>
  notification.path === "/webhook" &&
  notification.at >= since &&
  notification.body.status === status &&
  notification.body.alerts?.some((alert) => alert.labels["alertname"] === "ShopCheckoutErrors") ===
    true;

/** A fault with a kill somewhere between it and its page. */
async function round(system: System, number: number): Promise<void> {
  const { receiver, setup, kills } = system;
  const since = Date.now();
  await switchFault(setup.shopPort, "errors", true);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * LATEST_KILL_MS));
  kills.push(Date.now());
  await system.platform.end("SIGKILL");
  system.platform = await startPlatform(setup, "server");
  await receiver.waitFor(`page in round ${number}`, about("firing", since));
  await switchFault(setup.shopPort, "errors", false);
  await receiver.waitFor(`resolution in round ${number}`, about("resolved", since));
  await eventually("all to be over", async () => {
    const { data } = (await system.platform.call("/api/v1/alerts")) as {
      data: { alerts: { labels: Record<string, string> }[] };
    };
    // The watchdog is never over.
    return data.alerts.every(({ labels }) => labels["alertname"] === "Watchdog") || undefined;
  });
  const told = receiver.received
    .filter(({ path, at }) => path === "/webhook" && at >= since)
    .map(({ body, idempotencyKey, at }) => ({
      status: body.status,
      key: idempotencyKey,
      after: at - since,
    }));
  const story = JSON.stringify({ number, killed: (kills.at(-1) ?? 0) - since, told });
  const keys = (status: string) =>
    new Set(told.filter((each) => each.status === status).map(({ key }) => key));
  expect(keys("firing").size, story).toBe(1);
  expect(keys("resolved").size, story).toBe(1);
}

it(
  `pages exactly once for each of ${ROUNDS} faults, killed at a random moment of each`,
  { timeout: 900_000 },
  async () => {
    let next = 0;
    await Promise.all(
      systems.map(async (system) => {
        while (next < ROUNDS) await round(system, next++);
      }),
    );
    expect(systems.flatMap(({ kills }) => kills)).toHaveLength(ROUNDS);
  },
);

it("has every sample of every scrape that was over before a kill", async () => {
  for (const { platform, exporter, kills } of systems) {
    const { data } = (await platform.call(
      `/api/v1/query?${new URLSearchParams({ query: 'scrape_number{job="extra"}[1h]' })}`,
    )) as { data: { result: { values: [number, string][] }[] } };
    const stored = new Set(
      data.result.flatMap((series) => series.values.map(([, value]) => Number(value))),
    );
    const last = Date.now() - SETTLED_MS;
    const missing = exporter.answeredAt.flatMap((at, index) => {
      const cutOff = at > last || kills.some((kill) => kill >= at - 50 && kill - at < SETTLED_MS);
      return cutOff || stored.has(index + 1) ? [] : [{ scrape: index + 1, at }];
    });
    expect(exporter.answeredAt.length).toBeGreaterThan(ROUNDS);
    expect(missing).toEqual([]);
  }
});
