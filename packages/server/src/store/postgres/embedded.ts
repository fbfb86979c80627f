import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { chown, mkdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "pg";
import { StoreError } from "../errors.ts";
import { postgresBinaries, reachable, serverAccount, SYSTEM_FOLDER } from "./binaries.ts";
import type { Account } from "./binaries.ts";

/** A PostgreSQL of our own, reached through a socket in a folder that only its account can enter. */
export interface EmbeddedPostgres {
  readonly socketDir: string;
  /** Creates the database if it does not exist. */
  ensureDatabase(name: string): Promise<void>;
  /** Ends it cleanly: a fast shutdown with a checkpoint. */
  stop(): Promise<void>;
}

/** What is told while it runs. */
export interface EmbeddedLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Sized for records, not telemetry: a few hundred MB at the most, durable in every respect. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "",
  max_connections: "50",
  shared_buffers: "32MB",
  max_wal_size: "256MB",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
};

/** A socket's path may have 103 bytes on the strictest system; its file name takes 17 of them. */
const MAX_SOCKET_DIR = 103 - 17;

const START_TIMEOUT_MS = 60_000;
const RESTART_DELAY_MS = [100, 500, 2000, 5000] as const;

/**
 * Runs PostgreSQL on its standard input: when that closes, because we closed it or because this
 * process is gone (SIGKILL included), PostgreSQL is told to end. So it never outlives us.
 */
const TETHER = `
exec 3<&0
"$@" <&- 3<&- & child=$!
( cat <&3 >/dev/null; kill -INT $child ) & tether=$!
wait $child; code=$?
kill $tether 2>/dev/null
exit $code`;

/**
 * Opens the cluster in `dir`, making it at first, and keeps it running until `stop`. `settings`
 * override PostgreSQL's parameters.
 */
export async function openEmbeddedPostgres(options: {
  readonly dir: string;
  readonly log: EmbeddedLog;
  readonly settings?: Readonly<Record<string, string>>;
}): Promise<EmbeddedPostgres> {
  const account = await serverAccount();
  const binaries = await postgresBinaries(account);
  const home = await homeFor(options.dir, account);
  const data = join(home, "data");
  const socketDir = await makeSocketDir(home, account);
  await initialise(binaries, data, account);
  await predecessorGone(data);

  const settings = { ...SETTINGS, ...options.settings, unix_socket_directories: socketDir };
  const parameters = Object.entries(settings).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
  const command = [join(binaries, "bin", "postgres"), "-D", data, ...parameters];

  let stopping = false;
  let child: ChildProcess | undefined;
  let ended = Promise.resolve();
  let failures = 0;

  const launch = async (): Promise<void> => {
    const started = start(command, account, options.log);
    child = started.child;
    ended = started.ended.then((code) => {
      if (stopping) return;
      const delay = RESTART_DELAY_MS[Math.min(failures, RESTART_DELAY_MS.length - 1)] ?? 0;
      failures += 1;
      options.log.warn({ code, delay }, "PostgreSQL ended by itself; starting it again");
      setTimeout(() => {
        if (!stopping)
          launch().then(
            () => (failures = 0),
            () => {},
          );
      }, delay);
    });
    await started.ready;
  };
  try {
    await launch();
  } catch (error) {
    // Whoever opens it decides whether it is tried again: nothing goes on behind their back.
    stopping = true;
    child?.stdin?.end();
    await ended;
    throw error;
  }

  return {
    socketDir,
    async ensureDatabase(name) {
      const client = new Client({ host: socketDir, database: "postgres", user: "seaworthy" });
      await client.connect();
      try {
        const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [
          name,
        ]);
        if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
      } finally {
        await client.end();
      }
    },
    async stop() {
      stopping = true;
      child?.stdin?.end();
      await ended;
    },
  };
}

/** Starts the server; `ready` when it accepts connections, `ended` with its exit code. */
function start(command: readonly string[], account: Account | undefined, log: EmbeddedLog) {
  const child = spawn("/bin/sh", ["-c", TETHER, "postgres", ...command], {
    stdio: ["pipe", "ignore", "pipe"],
    // A group of its own: Ctrl-C in a terminal must not end PostgreSQL before we have flushed.
    detached: true,
    env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
    cwd: "/",
    ...account,
  });
  child.stdin.on("error", () => {});
  const last: string[] = [];
  const ended = new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("exit", (code) => resolve(code));
  });
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => fail("it was not ready in time"), START_TIMEOUT_MS);
    const fail = (why: string) => {
      clearTimeout(timer);
      const said = last.length === 0 ? "" : `; it said: ${last.join(" | ")}`;
      reject(
        new StoreError("store_unavailable", `the embedded PostgreSQL did not start: ${why}${said}`),
      );
    };
    createInterface({ input: child.stderr }).on("line", (line) => {
      last.push(line);
      if (last.length > 5) last.shift();
      if (/ (WARNING|FATAL|PANIC): /.test(line)) log.warn({ line }, "PostgreSQL");
      if (!line.includes("database system is ready to accept connections")) return;
      clearTimeout(timer);
      resolve();
    });
    void ended.then((code) => fail(`it ended with code ${code ?? "none"}`));
  });
  return { child, ready, ended };
}

/** `dir` itself, or a folder of the system that the account can reach. */
async function homeFor(dir: string, account: Account | undefined): Promise<string> {
  await mkdir(dir, { recursive: true });
  let home = dir;
  if (account !== undefined && !(await reachable(dirname(dir)))) {
    home = join(SYSTEM_FOLDER, createHash("sha256").update(dir).digest("hex").slice(0, 16));
    await mkdir(home, { recursive: true, mode: 0o755 });
  }
  if (account !== undefined) await chown(home, account.uid, account.gid);
  return home;
}

async function makeSocketDir(home: string, account: Account | undefined): Promise<string> {
  let dir = join(home, "run");
  if (Buffer.byteLength(dir) > MAX_SOCKET_DIR) {
    dir = join(
      tmpdir(),
      `seaworthy-${createHash("sha256").update(home).digest("hex").slice(0, 16)}`,
    );
  }
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (account !== undefined) await chown(dir, account.uid, account.gid);
  return dir;
}

/** Makes the cluster once; beside and renamed, so that half a cluster is never taken for one. */
async function initialise(
  binaries: string,
  data: string,
  account: Account | undefined,
): Promise<void> {
  if ((await readFile(join(data, "PG_VERSION"), "utf8").catch(() => "")) !== "") return;
  const fresh = `${data}.new`;
  await rm(fresh, { recursive: true, force: true });
  const args = [
    "-D",
    fresh,
    "-U",
    "seaworthy",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions",
  ];
  const child = spawn(join(binaries, "bin", "initdb"), args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
    cwd: "/",
    ...account,
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  const code = await new Promise<number | string | null>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", resolve);
  });
  if (code !== 0) {
    throw new StoreError(
      "store_unavailable",
      `the embedded PostgreSQL could not be set up (${code}): ${said.trim()}`,
    );
  }
  await rename(fresh, data);
}

/**
 * Waits for the PostgreSQL of a killed predecessor, which is on its way out: its tether ended it.
 * The data folder is ours, so nobody else's can be running on it.
 */
async function predecessorGone(data: string): Promise<void> {
  const pid = Number(
    (await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "")).split("\n")[0],
  );
  if (!Number.isInteger(pid) || pid <= 0 || !(await isPostgresOn(pid, data))) return;
  const deadline = Date.now() + 30_000;
  process.kill(pid, "SIGINT");
  while (await isPostgresOn(pid, data)) {
    if (Date.now() > deadline) {
      throw new StoreError(
        "data_folder_in_use",
        `process ${pid} still runs PostgreSQL on ${data}; end it and try again`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Whether `pid` lives and is a PostgreSQL on `data`, rather than a stranger with a reused number. */
async function isPostgresOn(pid: number, data: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  if (process.platform !== "linux") return true;
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return command.split("\0").includes(data);
}
