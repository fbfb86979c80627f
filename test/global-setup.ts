import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { openEmbeddedPostgres } from "../packages/server/src/store/postgres/embedded.ts";
import "../packages/server/test/records.ts";

/** One PostgreSQL for the whole run; each test makes a database of its own on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-test-"));
  const postgres = await openEmbeddedPostgres({
    dir,
    log: { info() {}, warn() {} },
    // Tests prove durability against processes that are killed, not against power cuts.
    settings: { fsync: "off", synchronous_commit: "off", max_connections: "200" },
  });
  project.provide("postgresSocket", postgres.socketDir);
  return async () => {
    await postgres.stop();
    await rm(dir, { recursive: true, force: true });
  };
}
