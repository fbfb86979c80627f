import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { loadRouteConfig } from "../src/route/config/load.ts";
import { MailSender } from "../src/route/notify/email/transport.ts";
import { HttpSender } from "../src/route/notify/http/sender.ts";
import type { SenderOptions } from "../src/route/notify/http/sender.ts";
import type { Outcome } from "../src/route/notify/outcome.ts";
import { describeGroup } from "../src/route/notify/payload.ts";
import type { NotificationPayload } from "../src/route/notify/payload.ts";
import { sendBy } from "../src/route/notify/send.ts";
import { Templates } from "../src/route/notify/templates.ts";

/** The moment of every test of notifications. */
export const NOW = Date.UTC(2026, 0, 5, 12);

/** An alert of the service "shop". */
export const alert = (instance: string, status: "firing" | "resolved" = "firing") => ({
  fingerprint: instance.padEnd(16, "0"),
  status,
  labels: { alertname: "Down", service: "shop", instance } as Record<string, string>,
  annotations: { summary: `${instance} is down` } as Record<string, string>,
  startsAt: NOW - 60_000,
  endsAt: status === "firing" ? NOW + 60_000 : NOW - 1500,
  generatorURL: "http://expr",
});

/** A notification about alerts to the receiver "team.x". */
export function payload(...alerts: ReturnType<typeof alert>[]): NotificationPayload {
  const group = describeGroup('{}:{service="shop"}', { service: "shop" }, alerts);
  return { ...group, receiver: "team.x", reason: "first notification", routeLabels: {} };
}

/** Sends by the first integration of a receiver that is configured as given. */
export async function sendWith(
  settings: string,
  what: NotificationPayload,
  more: {
    readonly global?: string;
    readonly files?: Readonly<Record<string, string>>;
    /** In place of the service's own URL. */
    readonly target?: string;
    /** What the receiver called the message that it got before. */
    readonly message?: string;
    readonly sender?: Partial<SenderOptions>;
    readonly slackThreads?: boolean;
  } = {},
): Promise<Outcome> {
  const dir = await mkdtemp(join(tmpdir(), "sw-notify-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(more.files ?? {}))
    await writeFile(join(dir, name), text);
  const file = join(dir, "alertmanager.yml");
  const lines = [
    "route: {receiver: team.x}",
    more.global ?? "",
    "receivers:",
    "  - name: team.x",
    settings,
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const config = await loadRouteConfig(file);
  const integration = config.receivers.get("team.x")?.integrations[0];
  if (integration === undefined) throw new Error("the receiver has no integration");
  const sender = new HttpSender({ now: () => NOW, ...more.sender });
  const mail = new MailSender();
  onTestFinished(async () => {
    mail.close();
    await sender.close();
  });
  const { target, message } = more;
  return sendBy(
    target === undefined ? integration : { ...integration, target: { url: target } },
    what,
    {
      sender,
      mail,
      templates: new Templates(config.templates, () => NOW),
      externalURL: "http://sw.example",
      slackThreads: more.slackThreads ?? false,
      now: () => NOW,
      idempotencyKey: "key",
      message: async () => message,
    },
  );
}

/** A request as it arrived. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** What a recorder answers: a status, or a JSON document with 200. */
type Reply = number | Readonly<Record<string, unknown>>;

/** A service that records what it is sent and answers by the path, closed when the test ends. */
export async function recorder(
  answer: (request: Recorded) => Reply = () => 200,
): Promise<{ readonly url: string; readonly requests: Recorded[] }> {
  const requests: Recorded[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one = { method, path: url, headers, text: Buffer.concat(chunks).toString("utf8") };
      requests.push(one);
      const reply = answer(one);
      if (typeof reply === "number") response.writeHead(reply).end();
      else
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
