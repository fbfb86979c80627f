import { execFileSync, spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { freePort } from "../../packages/server/test/free-port.ts";
import { loadRouteConfig } from "../../packages/server/src/route/index.ts";
import { MailSender } from "../../packages/server/src/route/notify/email/transport.ts";
import { HttpSender } from "../../packages/server/src/route/notify/http/sender.ts";
import { describeGroup } from "../../packages/server/src/route/notify/payload.ts";
import { sendBy } from "../../packages/server/src/route/notify/send.ts";
import { Templates } from "../../packages/server/src/route/notify/templates.ts";

/*
 * The same group of alerts, told to every kind of receiver by Debian's Alertmanager and by ours: what
 * arrives must be the same, default templates included, but for the product's name and links.
 */
const STARTS_AT = "2026-01-05T11:59:00Z";
const ALERTS = [
  { alertname: "Down", service: "shop", instance: "a", severity: "critical" },
  { alertname: "Down", service: "shop", instance: "b", severity: "critical" },
];
const ANNOTATIONS = { summary: "it's <down> & out", description: "Ünicode\nlines" };

const config = (url: string) => `
route: {receiver: all, group_by: [service], group_wait: 100ms}
receivers:
  - name: all
    opsgenie_configs: [{api_key: k, api_url: "${url}/opsgenie/", tags: "a,b", priority: P1, responders: [{name: t, type: team}]}]
    victorops_configs: [{api_key: k, api_url: "${url}/victorops/", routing_key: r}]
    slack_configs: [{api_url: "${url}/slack", channel: "#x", fields: [{title: t, value: "{{ .Status }}"}], text: "{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}"}]
    telegram_configs: [{bot_token: b, chat_id: 5, api_url: "${url}/telegram", parse_mode: ""}]
    discord_configs: [{webhook_url: "${url}/discord"}]
    wechat_configs: [{api_secret: s, corp_id: c, api_url: "${url}/wechat/"}]
    sns_configs: [{api_url: "${url}/sns/", sigv4: {region: r, access_key: a, secret_key: s}, topic_arn: "arn:aws:sns:r:1:t"}]
    webex_configs: [{api_url: "${url}/webex", room_id: r, http_config: {authorization: {credentials: c}}}]
    pagerduty_configs: [{routing_key: k, url: "${url}/pagerduty", details: {firing: f, resolved: r, num_firing: n, num_resolved: m}}]
    webhook_configs: [{url: "${url}/webhook"}]
`;

it.skipIf(!hasAlertmanager())(
  "tells every kind of receiver what Alertmanager tells it",
  async () => {
    const service = await recorder();
    const dir = await mkdtemp(join(tmpdir(), "sw-receivers-"));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const file = join(dir, "alertmanager.yml");
    await writeFile(file, config(service.url));
    const loaded = await loadRouteConfig(file);
    const integrations = loaded.receivers.get("all")?.integrations ?? [];

    await fireAtAlertmanager(file);
    // WeChat is asked for a token first.
    await service.arrived(integrations.length + 1);
    const theirs = service.take();

    const sender = new HttpSender({ now: Date.now, allowPrivateRedirects: true });
    onTestFinished(() => sender.close());
    const payload = {
      ...describeGroup(
        '{}:{service="shop"}',
        { service: "shop" },
        ALERTS.map((labels) => ({
          labels,
          annotations: ANNOTATIONS,
          status: "firing",
          startsAt: Date.parse(STARTS_AT),
          endsAt: Date.parse(STARTS_AT) + 3_600_000,
          generatorURL: "http://prometheus/graph?a=b",
          fingerprint: "",
        })),
      ),
      receiver: "all",
      reason: "first notification" as const,
      routeLabels: {},
    };
    for (const integration of integrations) {
      const outcome = await sendBy(integration, payload, {
        sender,
        mail: new MailSender(),
        templates: new Templates([], Date.now),
        externalURL: "http://am.example",
        slackThreads: false,
        now: Date.now,
        idempotencyKey: "k",
        message: async () => undefined,
      });
      expect(outcome, integration.name).toEqual({ kind: "sent" });
    }
    const ours = service.take();
    expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
    for (const [path, body] of theirs) expect(ours.get(path), path).toEqual(body);
    expect(theirs.size).toBe(integrations.length + 1);
  },
);

function hasAlertmanager(): boolean {
  try {
    execFileSync("prometheus-alertmanager", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function fireAtAlertmanager(file: string): Promise<void> {
  const port = await freePort();
  const child = spawn(
    "prometheus-alertmanager",
    [
      `--config.file=${file}`,
      `--storage.path=${file}.data`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--web.external-url=http://am.example",
      "--web.route-prefix=/",
      "--cluster.listen-address=",
    ],
    { stdio: "ignore" },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  const alerts = ALERTS.map((labels) => ({
    labels,
    annotations: ANNOTATIONS,
    startsAt: STARTS_AT,
    endsAt: new Date(Date.now() + 3_600_000).toISOString(),
    generatorURL: "http://prometheus/graph?a=b",
  }));
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(alerts),
    }).catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Takes what is sent, by its path, with what must differ made equal. */
async function recorder() {
  let requests = new Map<string, unknown>();
  let waiting: { count: number; resolve: () => void } | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = request.url ?? "";
      requests.set(path.split("?")[0] ?? "", comparable(Buffer.concat(chunks).toString("utf8")));
      response.setHeader("content-type", path === "/slack" ? "text/plain" : "application/json");
      response.end(answerFor(path));
      if (waiting !== undefined && requests.size >= waiting.count) waiting.resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = requests;
      requests = new Map();
      return taken;
    },
    arrived: (count: number) =>
      new Promise<void>((resolve) => {
        waiting = { count, resolve };
        if (requests.size >= count) resolve();
      }),
  };
}

function answerFor(path: string): string {
  if (path === "/slack") return "ok";
  if (path.includes("gettoken")) return '{"access_token":"T"}';
  if (path === "/sns/")
    return "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
  return '{"ok":true,"errcode":0,"result":{"message_id":1,"chat":{"id":5}}}';
}

/** Fields that only one of the two has: newer than Debian's version, or ours alone. */
const ONE_SIDED = new Set(["idempotencyKey", "notification_reason", "routeLabels", "fingerprint"]);

function comparable(text: string): unknown {
  const same = text.replaceAll("/#/alerts", "/alerts").replaceAll("Seaworthy", "Alertmanager");
  let value: unknown;
  try {
    value = JSON.parse(same);
  } catch {
    return strip(Object.fromEntries(new URLSearchParams(same)));
  }
  return strip(value);
}

/** Without what one side has alone, and without what is empty: one writes it, the other leaves it out. */
function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  // Telegram takes numbers and truth as text, too.
  if (value === null || typeof value !== "object") return String(value);
  const parts = Object.entries(value)
    .filter(([name]) => !ONE_SIDED.has(name))
    .map(([name, part]) => [name, strip(part)] as const)
    .filter(([, part]) => part !== "" && JSON.stringify(part) !== "{}");
  return Object.fromEntries(parts);
}
