import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { withDotEnv } from "./dot-env.ts";

/** What `seaworthy up --help` prints. */
export const upHelp = `seaworthy up: start the platform

Usage: seaworthy up [OPTIONS]

Options:
  --host HOST     listen on this address (default 127.0.0.1)
  --port PORT     listen on this port (default 4000; 0 takes a free one)
  --data DIR      keep everything in this folder (default ./data)
  --config FILE   read this seaworthy.yml (default ./seaworthy.yml,
                  else ./seaworthy/seaworthy.yml, else the demo's)
  --no-demo       do not run the demo shop
  --help          show this

Environment (also read from ./.env, where what is set already wins):
  SEAWORTHY_TOKEN         an admin token for the first sign-in, 16 characters or more
  SEAWORTHY_POSTGRES_URL  keep records in this PostgreSQL instead of the embedded one
  SEAWORTHY_LOG_LEVEL     trace, debug, info, warn, error, fatal or silent

Examples:
  seaworthy up
  seaworthy up --port 8080 --data /var/lib/seaworthy --no-demo
  SEAWORTHY_TOKEN=$(openssl rand -hex 32) seaworthy up --config seaworthy.yml

Signals: SIGINT and SIGTERM stop it cleanly, SIGHUP reads the configuration again.
`;

/**
 * Runs the server as a process of its own, because the thread pool's size must be in its environment
 * before it starts. Resolves with its exit code.
 */
export async function up(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(upHelp);
    return 0;
  }
  let environment;
  try {
    environment = await withDotEnv(process.env, process.cwd());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`seaworthy: .env cannot be read: ${why}\n`);
    return 1;
  }
  const server = fileURLToPath(import.meta.resolve("@seaworthy/server/main"));
  const child = spawn(process.execPath, [server, ...args], {
    // The channel carries nothing: its end tells the server that this process is gone.
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { UV_THREADPOOL_SIZE: "16", ...environment },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve) => {
    child.once("error", (error) => {
      process.stderr.write(`seaworthy: the server cannot be started: ${error.message}\n`);
      resolve(1);
    });
    child.once("exit", (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
