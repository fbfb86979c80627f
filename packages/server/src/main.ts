#!/usr/bin/env node
import { parseArgs } from "node:util";
import { startApp } from "./app.ts";
import { DEFAULTS, loadConfig } from "./config.ts";
import type { CommandLine, Config } from "./config.ts";
import { messageOf, SeaworthyError } from "./model/index.ts";
import { printSchema } from "./store/index.ts";

/** Exit codes: 1 a failure, 2 a mistake in the command line or a configuration file. */
const FAILED = 1;
const MISUSED = 2;

interface Command extends CommandLine {
  /** Not to run, but to print the statements by which the configured ClickHouse gets its tables. */
  readonly printSchema: boolean;
}

function readCommandLine(): Command {
  const { values } = parseArgs({
    options: {
      host: { type: "string" },
      port: { type: "string" },
      data: { type: "string" },
      config: { type: "string" },
      "no-demo": { type: "boolean", default: false },
      "print-schema": { type: "boolean", default: false },
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
    printSchema: values["print-schema"],
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
  let command: Command;
  try {
    command = readCommandLine();
  } catch (error) {
    giveUp(error, MISUSED);
  }
  const config = await loadConfig(command, process.env);
  if (command.printSchema) {
    process.stdout.write(telemetrySchema(config));
    return;
  }
  const app = await startApp(config);

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

function telemetrySchema({ clickhouse, telemetry }: Config): string {
  if (clickhouse === undefined)
    throw new TypeError("--print-schema is for a ClickHouse server: clickhouse.url names none");
  return printSchema(clickhouse, {
    samplesDays: telemetry.retentionDays,
    fiveMinutesDays: telemetry.downsampling ? telemetry.fiveMinutesDays : 0,
    hourDays: telemetry.downsampling ? telemetry.hourDays : 0,
    logsDays: telemetry.logRetentionDays,
    tracesDays: telemetry.traceRetentionDays,
  });
}

main().catch((error: unknown) => {
  giveUp(error, error instanceof SeaworthyError && error.status === 400 ? MISUSED : FAILED);
});
