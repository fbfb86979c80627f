import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { inject } from "vitest";
import { connectRecords } from "../src/store/postgres/connect.ts";
import type { Records } from "../src/store/postgres/records.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The socket folder of the PostgreSQL that all tests of a run share. */
    postgresSocket: string;
  }
}

/** Where a test's database is: for tests that start processes of their own. */
export interface TestDatabase {
  readonly socketDir: string;
  readonly database: string;
  /** The same as a connection string. */
  readonly url: string;
}

/** A fresh, empty database on the shared PostgreSQL. */
export async function testDatabase(): Promise<TestDatabase> {
  const socketDir = inject("postgresSocket");
  const database = `test_${randomBytes(8).toString("hex")}`;
  const client = new Client({ host: socketDir, database: "postgres", user: "seaworthy" });
  await client.connect();
  try {
    await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
  const url = `postgres://seaworthy@/${database}?host=${encodeURIComponent(socketDir)}`;
  return { socketDir, database, url };
}

/** The records on a fresh database with the whole schema. Close them when done. */
export async function testRecords(): Promise<Records> {
  const { socketDir, database } = await testDatabase();
  return connectRecords({ socketDir, database }, { maxConnections: 4 });
}
