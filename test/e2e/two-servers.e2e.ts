import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startClickHouse } from "../../packages/server/test/clickhouse-server.ts";
import type { TestClickHouse } from "../../packages/server/test/clickhouse-server.ts";
import { freePort } from "../../packages/server/test/free-port.ts";
import { makePostgres } from "../../packages/server/test/postgres-server.ts";
import type { TestPostgres } from "../../packages/server/test/postgres-server.ts";
import { eventually, startPlatform } from "./platform.ts";
import type { Platform } from "./platform.ts";
import { startReceiver } from "./receiver.ts";
import type { Received, Receiver } from "./receiver.ts";

const ALERTS = ["First", "Second"] as const;
const RULES = ALERTS.map(
  (name) => `
  - name: ${name}
    interval: 1s
    rules: [{alert: ${name}, expr: 'max(fault{kind="${name}"}) == 1', labels: {severity: page}}]`,
).join("");

let folder: string;
let clickhouse: TestClickHouse;
let postgres: TestPostgres;
let receiver: Receiver;
let target: Server;
/** What is wrong, by the alert that tells of it. */
const faults = new Set<string>();
const platforms: Platform[] = [];

/** Another server of the platform, over the same PostgreSQL and ClickHouse. */
async function serve(name: string): Promise<Platform> {
  const dir = join(folder, name);
  const port = await freePort();
  await mkdir(dir);
  const { port: scraped } = target.address() as AddressInfo;
  const files = {
    "seaworthy.yml": `http: {port: ${port}}\nserver_name: ${name}\nlimits: {lease: 3s}\n`,
    "prometheus.yml": `global: {scrape_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
  - {job_name: shop, static_configs: [{targets: ["127.0.0.1:${scraped}"]}]}\n`,
    "rules.yml": `groups:${RULES}\n`,
    "alertmanager.yml": `route: {receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s}
receivers: [{name: hook, webhook_configs: [{url: "${receiver.url}/webhook"}]}]\n`,
  };
  for (const [file, text] of Object.entries(files)) await writeFile(join(dir, file), text);
  const platform = await startPlatform(
    { config: join(dir, "seaworthy.yml"), data: join(dir, "data"), port, shopPort: 0 },
    "server",
    ["--no-demo"],
    {
      SEAWORTHY_POSTGRES_URL: postgres.url("postgres"),
      SEAWORTHY_CLICKHOUSE_URL: `http://seaworthy@127.0.0.1:${clickhouse.port}/shared`,
      SEAWORTHY_CLICKHOUSE_PASSWORD: clickhouse.address("shared").password,
    },
  );
  platforms.push(platform);
  return platform;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-two-"));
  receiver = await startReceiver();
  target = createServer((_request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(
      ALERTS.map((kind) => `fault{kind="${kind}"} ${faults.has(kind) ? 1 : 0}\n`).join(""),
    );
  }).listen(0, "127.0.0.1");
  [clickhouse, postgres] = await Promise.all([startClickHouse(), makePostgres()]);
  await postgres.start();
});

afterAll(async () => {
  for (const platform of platforms) await platform.end("SIGTERM");
  target.close();
  await receiver.close();
  await clickhouse.stop();
  await postgres.close();
  await rm(folder, { recursive: true, force: true });
});

const about = (name: string, status: string) => (notification: Received) =>
  notification.body.status === status &&
  notification.body.alerts?.some(({ labels }) => labels["alertname"] === name) === true;

/** The keys of what was told: one key is one page, however often it was delivered. */
function pages(name: string, status: string): number {
  const told = receiver.received.filter(about(name, status));
  return new Set(told.map(({ idempotencyKey }) => idempotencyKey)).size;
}

/** The groups that a server has said to evaluate. */
function evaluates(platform: Platform): string[] {
  const lines = platform.output().split("\n");
  return lines.flatMap((line) =>
    line.includes("this server evaluates a rule group")
      ? (/"group":"(\w+)"/.exec(line)?.[1] ?? [])
      : [],
  );
}

/** The alerts that fire, as a server answers. */
async function firing(platform: Platform): Promise<string[]> {
  const { data } = (await platform.call("/api/v1/alerts")) as {
    data: { alerts: { state: string; labels: { alertname: string } }[] };
  };
  return data.alerts
    .flatMap(({ state, labels }) => (state === "firing" ? labels.alertname : []))
    .sort();
}

const shows = (platform: Platform, wanted: readonly string[]) =>
  eventually(`${wanted.join()} to fire`, async () =>
    (await firing(platform)).join() === wanted.join() ? true : undefined,
  );

it("two servers over one PostgreSQL and one ClickHouse evaluate, page once, and outlive each other", async () => {
  const one = await serve("one");
  expect(evaluates(one).sort()).toEqual([...ALERTS].sort());
  const two = await serve("two");
  // One group moves to the server that has come, and both know of what either finds.
  const moved = await eventually("a group to move", async () => evaluates(two)[0]);
  faults.add("First");
  await receiver.waitFor("First to page", about("First", "firing"));
  await Promise.all([shows(one, ["First"]), shows(two, ["First"])]);

  await one.end("SIGKILL");
  faults.add("Second");
  await receiver.waitFor("Second to page", about("Second", "firing"));
  await shows(two, [...ALERTS]);
  await eventually("all groups to move", async () =>
    new Set(evaluates(two)).size === ALERTS.length ? true : undefined,
  );
  for (const name of ALERTS) expect(pages(name, "firing")).toBe(1);
  // A group that was just taken over waits a while before it believes that an alert is over.
  faults.delete(moved);
  await receiver.waitFor(`${moved} to be resolved`, about(moved, "resolved"));
  expect(pages(moved, "resolved")).toBe(1);
  // What the first server wrote is there for the second.
  const answer = (await two.call(
    `/api/v1/query?query=${encodeURIComponent('count_over_time(fault{kind="First"}[10m]) > 2')}`,
  )) as { data: { result: unknown[] } };
  expect(answer.data.result).toHaveLength(1);
});
