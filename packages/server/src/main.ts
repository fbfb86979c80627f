#!/usr/bin/env node
import { parseArgs } from "node:util";
import { startApp } from "./app.ts";
import { DEFAULTS, loadConfig } from "./config.ts";
import type { CommandLine } from "./config.ts";
import { messageOf, SeaworthyError } from "./model/index.ts";

/** Exit codes: 1 a failure, 2 a mistake in the command line or a configuration file. */
const FAILED = 1;
const MISUSED = 2;

function readCommandLine(): CommandLine {
  const { values } = parseArgs({
    options: {
      host: { type: "string" },
      port: { type: "string" },
      data: { type: "string" },
      config: { type: "string" },
      "no-demo": { type: "boolean", default: false },
    },
  });
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new TypeError(`--port takes a number from 0 to 65535, not "${values.port}"`);
  }
  return {
    host: values.host,
    port,
    data: values.data,
    config: values.config,
    demo: !values["no-demo"],
  };
}

/** Words for the person who typed the command, on stderr; no stack for what they can mend. */
function giveUp(error: unknown, code: number): never {
  const expected = error instanceof SeaworthyError || error instanceof TypeError;
  process.stderr.write(
    `seaworthy: ${expected || !(error instanceof Error) ? messageOf(error) : error.stack}\n`,
  );
  process.exit(code);
}

async function main(): Promise<void> {
  let command: CommandLine;
  try {
    command = readCommandLine();
  } catch (error) {
    giveUp(error, MISUSED);
  }
  const app = await startApp(await loadConfig(command, process.env));

  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    app.log.info({ signal }, "stopping");
    setTimeout(() => {
      app.log.error("not everything ended in time; leaving");
      process.exit(FAILED);
    }, DEFAULTS.stopTimeout).unref();
    app.stop().then(
      () => process.exit(0),
      (error: unknown) => giveUp(error, FAILED),
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.on("disconnect", () => stop("the command that started it has ended"));
  process.on("SIGHUP", () => void app.reload().catch(() => {}));

  process.stderr.write(`\nSeaworthy is ready at ${app.url}\n`);
  if (app.signInLink !== undefined) process.stderr.write(`Sign in: ${app.signInLink}\n`);
  process.stderr.write("\n");
}

main().catch((error: unknown) => {
  giveUp(error, error instanceof SeaworthyError && error.status === 400 ? MISUSED : FAILED);
});
