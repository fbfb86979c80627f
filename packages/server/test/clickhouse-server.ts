import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServerAddress } from "../src/store/clickhouse/server-address.ts";
import { spawnProgram } from "./program.ts";

/** A ClickHouse that is spoken to over HTTP. */
export interface TestClickHouse {
  readonly port: number;
  readonly url: string;
  /** Where a database of it is. */
  address(database: string, other?: Partial<ServerAddress>): ServerAddress;
  stop(): Promise<void>;
}

const PROGRAM = new URL("programs/clickhouse-endpoint.ts", import.meta.url);
/** As whom the tests speak to it. */
export const USER = { user: "seaworthy", password: "sea-secret" };

/** The embedded engine behind ClickHouse's HTTP interface, in a process of its own. */
export async function startClickHouse(): Promise<TestClickHouse> {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-clickhouse-"));
  const program = spawnProgram(PROGRAM, [dir, USER.user, USER.password]);
  const port = Number(await program.nextLine());
  const url = `http://127.0.0.1:${port}`;
  return {
    port,
    url,
    address: (database, other = {}) => ({ url, ...USER, database, maxConnections: 3, ...other }),
    async stop() {
      await program.kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
