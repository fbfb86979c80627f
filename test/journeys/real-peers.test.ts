import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import { startTheirs } from "../../packages/server/test/alert-stream/sides.ts";
import { freePort } from "../../packages/server/test/free-port.ts";
import { testServer } from "../../packages/server/test/http.ts";
import { startReceiver } from "../../packages/server/test/receiver.ts";
import { testRecords } from "../../packages/server/test/records.ts";
import { systemClock } from "../../packages/server/src/model/index.ts";
import {
  createAlertForwarder,
  loadPrometheusConfig,
} from "../../packages/server/src/receive/index.ts";
import { createRouter, loadRouteConfig } from "../../packages/server/src/route/index.ts";
import { alertmanagerRoutes } from "../../packages/server/src/show/index.ts";

const isInstalled = (program: string) => spawnSync(program, ["--version"]).error === undefined;
const hasPeers = isInstalled("prometheus") && isInstalled("prometheus-alertmanager");
const log = pino({ level: "silent" });
const GENEROUS = { timeout: 60_000, interval: 100 };

async function folderOfTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sw-real-peers-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

it.skipIf(!hasPeers)(
  "a real Prometheus has Seaworthy as its Alertmanager",
  { timeout: 120_000 },
  async () => {
    const folder = await folderOfTest();
    const receiver = await startReceiver();
    const records = await testRecords();
    const router = createRouter({
      records,
      incidents: { groupsChanged: async () => {} },
      clock: systemClock,
      log,
      announce: () => {},
      externalURL: "http://seaworthy.example",
    });
    await writeFile(
      join(folder, "alertmanager.yml"),
      `route: {receiver: hook, group_by: [alertname], group_wait: 10ms, group_interval: 200ms}
receivers: [{name: hook, webhook_configs: [{url: "${receiver.url}/hook"}]}]
`,
    );
    router.apply(await loadRouteConfig(join(folder, "alertmanager.yml")));
    await router.start();
    const server = await testServer({
      routes: [alertmanagerRoutes({ router, clock: systemClock, version: "0.0.0-test" })],
    });
    await writeFile(
      join(folder, "rules.yml"),
      `groups: [{name: g, interval: 200ms, rules: [
  {alert: AlwaysThere, expr: "vector(1)", labels: {severity: page}, annotations: {summary: "hello {{ $value }}"}}]}]
`,
    );
    const { hostname, port } = new URL(server.url);
    await writeFile(
      join(folder, "prometheus.yml"),
      JSON.stringify({
        global: { external_labels: { cluster: "peer" } },
        rule_files: ["rules.yml"],
        alerting: {
          alertmanagers: [
            {
              authorization: { credentials: await server.token("ingest") },
              static_configs: [{ targets: [`${hostname}:${port}`] }],
            },
          ],
        },
      }),
    );
    const prometheus: ChildProcess = spawn(
      "prometheus",
      [
        `--config.file=${join(folder, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=127.0.0.1:${await freePort()}`,
        "--log.level=warn",
        // What it found before it knew of us is told again this soon.
        "--rules.alert.resend-delay=500ms",
      ],
      { stdio: "ignore" },
    );
    onTestFinished(async () => {
      prometheus.kill("SIGKILL");
      if (prometheus.exitCode === null && prometheus.signalCode === null)
        await once(prometheus, "exit");
      await server.close();
      await router.stop();
      await records.close();
    });
    await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThan(0), GENEROUS);
    expect(receiver.received[0]?.body).toMatchObject({
      status: "firing",
      groupLabels: { alertname: "AlwaysThere" },
      alerts: [
        {
          labels: { alertname: "AlwaysThere", cluster: "peer", severity: "page" },
          annotations: { summary: "hello 1" },
        },
      ],
    });
  },
);

it.skipIf(!hasPeers)(
  "a real Alertmanager hears of what Seaworthy's rules find",
  { timeout: 120_000 },
  async () => {
    const folder = await folderOfTest();
    await writeFile(
      join(folder, "alertmanager.yml"),
      "route: {receiver: none}\nreceivers: [{name: none}]\n",
    );
    const theirs = await startTheirs(join(folder, "alertmanager.yml"));
    const down = await freePort();
    await writeFile(
      join(folder, "prometheus.yml"),
      `alerting: {alertmanagers: [{static_configs: [{targets: ["${new URL(theirs.url).host}", "127.0.0.1:${down}"]}]}]}\n`,
    );
    const { alertmanagers, notes } = await loadPrometheusConfig(join(folder, "prometheus.yml"));
    expect(notes).toEqual([]);
    const forwarder = createAlertForwarder({ log });
    onTestFinished(async () => {
      await forwarder.close();
      await theirs.stop();
    });
    forwarder.apply(alertmanagers);
    const startsAt = Date.now();
    const alert = {
      labels: { alertname: "Down", instance: "a" },
      annotations: { summary: "gone" },
      startsAt,
      endsAt: startsAt + 240_000,
      generatorURL: "http://seaworthy.example/graph?g0.expr=up",
    };
    const alerts = async () => {
      const response = await fetch(`${theirs.url}/api/v2/alerts`);
      return (await response.json()) as { labels: Record<string, string>; endsAt: string }[];
    };
    // One that is down holds up neither whoever tells nor the others.
    await forwarder.accept([alert]);
    await vi.waitFor(async () => expect(await alerts()).toHaveLength(1), GENEROUS);
    expect(await alerts()).toMatchObject([
      {
        labels: alert.labels,
        annotations: alert.annotations,
        generatorURL: alert.generatorURL,
        startsAt: new Date(startsAt).toISOString(),
      },
    ]);
    await forwarder.accept([{ ...alert, endsAt: Date.now() }]);
    await vi.waitFor(async () => expect(await alerts()).toEqual([]), GENEROUS);
  },
);
