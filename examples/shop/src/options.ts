import { parseArgs } from "node:util";

export interface Options {
  readonly host: string;
  readonly port: number;
  readonly traffic: boolean;
  /** The database's folder; undefined: one for this run; "memory": none. */
  readonly data: string | undefined;
  readonly logLevel: string;
  readonly help: boolean;
}

export const usage = `Usage: node main.js [options]
  --port PORT        default 4100; 0 takes a free one
  --host HOST        default 127.0.0.1
  --no-traffic       no visitors but you
  --data DIR         where the database is kept (for one shop at a time); without it each start has
                     a fresh one; "memory" keeps it in memory
  --log-level LEVEL  JSON logs to standard error from this level on; default silent
`;

const levels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** Reads the command line. Throws an error that says what is wrong with it. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "4100" },
      host: { type: "string", default: "127.0.0.1" },
      "no-traffic": { type: "boolean", default: false },
      data: { type: "string" },
      "log-level": { type: "string", default: "silent" },
      help: { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535)
    throw new Error(`--port ${values.port}: a port is a number from 0 to 65535`);
  const logLevel = values["log-level"];
  if (!levels.includes(logLevel))
    throw new Error(`--log-level ${logLevel}: the levels are ${levels.join(", ")}`);
  return {
    host: values.host,
    port,
    traffic: !values["no-traffic"],
    data: values.data,
    logLevel,
    help: values.help,
  };
}
