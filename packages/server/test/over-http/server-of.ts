import { createHash } from "node:crypto";
import type { ServerAddress } from "../../src/store/clickhouse/server-address.ts";

/** In the environment of programs that tests start: the server that they should use, as JSON. */
const VARIABLE = "SEAWORTHY_TEST_CLICKHOUSE";

type Server = Pick<ServerAddress, "url" | "user" | "password">;

/** The database that stands for a folder. */
export function databaseFor(dir: string, server: Server): ServerAddress {
  const database = `t_${createHash("sha256").update(dir).digest("hex").slice(0, 12)}`;
  return { ...server, database, maxConnections: 3 };
}

/** Has the programs that this process starts use the server, too. */
export function tellPrograms(server: Server): void {
  process.env[VARIABLE] = JSON.stringify(server);
}

/** The database that stands for a folder, where a server is to be used; for programs. */
export function serverOf(dir: string): ServerAddress | undefined {
  const told = process.env[VARIABLE];
  return told === undefined ? undefined : databaseFor(dir, JSON.parse(told) as Server);
}
