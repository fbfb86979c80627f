import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Logger } from "pino";
import { demoProgram } from "./config.ts";
import type { Config } from "./config.ts";
import type { ComponentSource } from "./model/index.ts";
import type { Respond } from "./respond/index.ts";

const RESTART_DELAY_MS = 1000;
/** A shop that has not opened by now does not hold up the platform. */
const OPEN_TIMEOUT_MS = 15_000;

/** The demo shop, a process of its own. */
export interface Demo {
  /** Resolves when the shop serves, or has taken too long. */
  readonly opened: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the demo shop and keeps it running. It ends by itself when its standard input closes, so it
 * never outlives this process. It sends its logs here, with the ingest key `seaworthy.key`.
 */
export function startDemo(
  { port, environment }: NonNullable<Config["demo"]>,
  log: Logger,
  seaworthy: { readonly host: string; readonly port: number; readonly key: string },
): Demo {
  const anywhere: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };
  const host = anywhere[seaworthy.host] ?? seaworthy.host;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${seaworthy.port}`;
  let child: ChildProcess | undefined;
  let stopping = false;
  let gone: Promise<void> = Promise.resolve();
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
    setTimeout(resolve, OPEN_TIMEOUT_MS).unref();
  });
  const launch = () => {
    // A group of its own: Ctrl-C in a terminal is for us, and we end it in order.
    const shop = spawn(process.execPath, [demoProgram, "--port", String(port)], {
      stdio: ["pipe", "pipe", "inherit"],
      detached: true,
      env: { ...environment, SEAWORTHY_URL: url, SEAWORTHY_KEY: seaworthy.key },
    });
    child = shop;
    shop.stdin.on("error", () => {});
    createInterface({ input: shop.stdout }).on("line", (line) => {
      if (!line.includes('"ready":true')) return;
      log.info({ url: `http://127.0.0.1:${port}` }, "the demo shop is open");
      open();
    });
    gone = new Promise((resolve) => {
      shop.once("error", (error) => log.error({ err: error }, "the demo shop cannot be started"));
      shop.once("close", (code) => {
        resolve();
        if (stopping) return;
        log.warn({ code }, "the demo shop ended; starting it again");
        setTimeout(() => stopping || launch(), RESTART_DELAY_MS).unref();
      });
    });
  };
  launch();
  return {
    opened,
    async stop() {
      stopping = true;
      child?.stdin?.end();
      child?.kill("SIGTERM");
      await gone;
    },
  };
}

/** What customers of the shop would ask about, and by what it is found out. */
const COMPONENTS: readonly {
  readonly name: string;
  readonly description: string;
  readonly source: ComponentSource;
}[] = [
  {
    name: "Storefront",
    description: "Pages, search and the cart",
    source: {
      kind: "probe",
      metric: "probe_success",
      matchers: ['job="probes"', 'service="shop"'],
      failAfter: 10_000,
    },
  },
  {
    name: "Checkout",
    description: "Paying for what is in the cart",
    source: { kind: "alerts", matchers: ['alertname=~"ShopCheckoutErrors|ShopSlow"'] },
  },
  {
    name: "Sign-in",
    description: "",
    source: { kind: "alerts", matchers: ['alertname="ShopSignInFailures"'] },
  },
];

/**
 * Gives the shop emergency controls, and a status page that shows it. A page that a person has changed,
 * or that has shown something, stays as it is.
 */
export async function furnishDemo({
  controls,
  statusPage,
}: Pick<Respond, "controls" | "statusPage">): Promise<void> {
  const system = { name: "system", personId: null, isPerson: false };
  await controls.addService(system, { service: "shop", environment: "demo" });
  const { page, components } = await statusPage.read();
  const there = components.map(({ name }) => name);
  const ours = new Set(COMPONENTS.map(({ name }) => name));
  if (page.version > 1 || there.some((name) => !ours.has(name))) return;
  for (const [position, component] of COMPONENTS.entries()) {
    // A start that was cut off is gone on with.
    if (there.includes(component.name)) continue;
    await statusPage.createComponent(system.name, {
      ...component,
      group: null,
      position,
      dependsOn: [],
      showUptime: true,
    });
  }
  const settings = { ...page.settings, name: "The shop" };
  await statusPage.saveSettings(system.name, page.version, { settings });
}
