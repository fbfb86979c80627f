import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Logger } from "pino";
import { demoProgram } from "./config.ts";
import type { Config } from "./config.ts";

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
