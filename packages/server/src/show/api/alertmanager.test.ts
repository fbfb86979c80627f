import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../../test/free-port.ts";
import { testServer, watch } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";

let server: TestServer;
let folder: string;
let alertmanager: ChildProcess;
let url: string;

/** The real program, with two receivers: one that uses Basic auth and one that uses a bearer. */
beforeAll(async () => {
  server = await testServer();
  const secret = await server.token("ingest");
  folder = await mkdtemp(join(tmpdir(), "seaworthy-alertmanager-"));
  const webhook = `${server.url}/api/webhooks/alertmanager`;
  await writeFile(
    join(folder, "alertmanager.yml"),
    `
route:
  receiver: basic
  group_by: [alertname]
  group_wait: 10ms
  group_interval: 200ms
  routes:
    - receiver: basic
      continue: true
    - receiver: bearer
receivers:
  - name: basic
    webhook_configs:
      - url: ${webhook}
        http_config: { basic_auth: { username: alertmanager, password: ${secret} } }
  - name: bearer
    webhook_configs:
      - url: ${webhook}
        http_config: { authorization: { credentials: ${secret} } }
`,
  );
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  alertmanager = spawn(
    "prometheus-alertmanager",
    [
      `--config.file=${join(folder, "alertmanager.yml")}`,
      `--storage.path=${folder}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    alertmanager.on("error", reject);
    alertmanager.on("exit", () => reject(new Error(said.join("\n"))));
    createInterface({ input: alertmanager.stderr as Readable }).on("line", (line) => {
      said.push(line);
      if (/listening/i.test(line)) resolve();
    });
  });
});

afterAll(async () => {
  const gone = new Promise((resolve) => alertmanager.on("exit", resolve));
  alertmanager.kill("SIGKILL");
  await gone;
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function tell(alerts: readonly { labels: Record<string, string>; endsAt?: string }[]) {
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(alerts),
  });
  expect(response.status).toBe(200);
}

it("a real Alertmanager keeps one incident, through two receivers, and resolves it", async () => {
  const stream = await watch(server.url);
  await stream.next();
  const first = async () => (await server.incidents.list({ state: "all", limit: 10 })).incidents;
  /** Waits for changes until the incidents are as they should be. */
  async function until(state: string, alertCount: number) {
    for (;;) {
      const [incident] = await first();
      if (incident?.state === state && incident.alertCount === alertCount) return;
      await stream.next();
    }
  }
  const errors = { alertname: "Errors", service: "shop", severity: "warning" };
  const slow = { alertname: "Slow", service: "shop", severity: "critical" };
  await tell([{ labels: errors }]);
  await until("triggered", 1);
  await tell([{ labels: errors }, { labels: slow }]);
  await until("triggered", 2);
  // Our fingerprints are those that Alertmanager computes.
  const theirs = (await (await fetch(`${url}/api/v2/alerts`)).json()) as { fingerprint: string }[];
  const ours = (await server.incidents.get("1")).alerts.map((alert) => alert.fingerprint);
  expect(new Set(ours)).toEqual(new Set(theirs.map((alert) => alert.fingerprint)));
  const now = new Date().toISOString();
  await tell([
    { labels: errors, endsAt: now },
    { labels: slow, endsAt: now },
  ]);
  await until("resolved", 2);
  expect(await first()).toMatchObject([{ number: 1, severity: "P1", service: "shop" }]);
  const { timeline } = await server.incidents.get("1");
  expect(timeline.filter(({ kind }) => kind === "opened")).toHaveLength(1);
  expect(timeline.filter(({ kind }) => kind === "alert_resolved")).toHaveLength(2);
  await stream.stop();
});
