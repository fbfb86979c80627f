import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { postgresBinaries, serverAccount } from "../src/store/postgres/binaries.ts";
import type { Account } from "../src/store/postgres/binaries.ts";
import { freePort } from "./free-port.ts";

/** A PostgreSQL server that is reached over TCP with a password. */
export interface TestPostgres {
  /** Where it comes from: the distribution's, or else the one that comes with the platform. */
  readonly binaries: string;
  readonly port: number;
  /** The connection string of a database of it. */
  url(database: string, password?: string): string;
  /** Starts it, on the same port each time. */
  start(): Promise<void>;
  /** Ends it at once, as a crash would. */
  end(): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

const PASSWORD = "sea secret";
const DISTRIBUTION = "/usr/lib/postgresql";

/** Makes a server; it does not run yet. */
export async function makePostgres(): Promise<TestPostgres> {
  const account = await serverAccount();
  const [version] = (await readdir(DISTRIBUTION).catch(() => [])).sort((a, b) => +b - +a);
  const binaries =
    version === undefined ? await postgresBinaries(account) : join(DISTRIBUTION, version);
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-postgres-"));
  const secret = join(dir, "secret");
  await writeFile(secret, PASSWORD);
  for (const path of [dir, secret]) {
    if (account !== undefined) await chown(path, account.uid, account.gid);
  }
  const data = join(dir, "data");
  const words = ["-D", data, "-U", "seaworthy", "-A", "scram-sha-256", "--pwfile", secret];
  const made = run(join(binaries, "bin/initdb"), [...words, "-N"], account);
  const [code] = (await once(made, "close")) as [number | null];
  if (code !== 0) throw new Error(`initdb ended with ${code}`);
  const port = await freePort();
  let server: ReturnType<typeof run> | undefined;
  const end = async () => {
    if (server === undefined) return;
    const gone = once(server, "exit");
    server.kill("SIGQUIT");
    await gone;
    server = undefined;
  };
  return {
    binaries,
    port,
    url: (database, password = PASSWORD) =>
      `postgres://seaworthy:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    async start() {
      const settings = {
        port,
        listen_addresses: "127.0.0.1",
        unix_socket_directories: "",
        fsync: "off",
      };
      const given = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
      server = run(join(binaries, "bin/postgres"), ["-D", data, ...given], account);
      for await (const line of createInterface({ input: server.stderr })) {
        if (line.includes("ready to accept connections")) {
          server.stderr.resume();
          return;
        }
      }
      throw new Error("PostgreSQL ended before it was ready");
    },
    end,
    async close() {
      await end();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function run(program: string, args: readonly string[], account: Account | undefined) {
  return spawn(program, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
    cwd: "/",
    ...account,
  });
}
