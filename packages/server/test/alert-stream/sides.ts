import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Labels } from "../../src/model/index.ts";
import { parseMatcher } from "../../src/route/index.ts";
import type { Records } from "../../src/store/index.ts";
import { freePort } from "../free-port.ts";
import { runningRouter } from "../running-router.ts";

/** An alert as both sides take it; times are milliseconds since 1970. */
export interface Message {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly generatorURL: string;
}

/** One of the two that are compared. */
export interface Side {
  send(alerts: readonly Message[]): Promise<void>;
  /** Silences what a matcher matches from now until `endsAt`. */
  silence(matcher: string, endsAt: number): Promise<void>;
  stop(): Promise<void>;
}

/** Our router, with the configuration in `file`. */
export async function startOurs(records: Records, file: string): Promise<Side> {
  const router = await runningRouter(records, file);
  return {
    send: (alerts) => router.accept(alerts),
    async silence(text, endsAt) {
      const matchers = [parseMatcher(text)];
      const silence = { matchers, startsAt: Date.now(), endsAt, annotations: {} };
      await router.silences.set({ ...silence, createdBy: "stream", comment: "x" }, "stream");
    },
    stop: () => router.stop(),
  };
}

/** Debian's Alertmanager, with the configuration in `file`. */
export async function startTheirs(file: string): Promise<Side & { readonly url: string }> {
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
  const url = `http://127.0.0.1:${port}`;
  const post = async (path: string, body: unknown) => {
    const answer = await fetch(`${url}/api/v2${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  for (;;) {
    const ready = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (ready?.ok === true) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const iso = (at: number) => new Date(at).toISOString();
  return {
    url,
    send: (alerts) =>
      post(
        "/alerts",
        alerts.map((alert) => ({
          ...alert,
          startsAt: iso(alert.startsAt),
          endsAt: iso(alert.endsAt),
        })),
      ),
    async silence(text, endsAt) {
      const { name, value, operator } = parseMatcher(text);
      const matcher = {
        name,
        value,
        isRegex: operator.includes("~"),
        isEqual: !operator.startsWith("!"),
      };
      const about = { createdBy: "stream", comment: "x" };
      const times = { startsAt: iso(Date.now()), endsAt: iso(endsAt) };
      await post("/silences", { matchers: [matcher], ...times, ...about });
    },
    async stop() {
      child.kill("SIGKILL");
    },
  };
}

/** What webhooks were told. */
export interface Listener {
  readonly url: string;
  /** By path and group, in the order in which it came, without what only one side says. */
  conversations(): ReadonlyMap<string, readonly string[]>;
  close(): void;
}

/** What a webhook says here alone, or since a later version than Debian's. */
const ONE_SIDED = new Set(["externalURL", "idempotencyKey", "notification_reason", "routeLabels"]);

export async function listen(): Promise<Listener> {
  const told = new Map<string, string[]>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, unknown>;
      const about = `${request.url} ${String(body["groupKey"])}`;
      const common = Object.entries(body).filter(([name]) => !ONE_SIDED.has(name));
      const sorted = common.sort(([a], [b]) => (a < b ? -1 : 1));
      told.set(about, [...(told.get(about) ?? []), canonical(Object.fromEntries(sorted))]);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    conversations: () => told,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** JSON with its keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** A file in a folder of its own, and how to remove both. */
export async function configFile(yaml: string) {
  const dir = await mkdtemp(join(tmpdir(), "sw-alert-stream-"));
  const file = join(dir, "alertmanager.yml");
  await writeFile(file, yaml);
  return { file, remove: () => rm(dir, { recursive: true, force: true }) };
}
