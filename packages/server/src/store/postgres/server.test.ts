import { Client } from "pg";
import { pino } from "pino";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { makePostgres } from "../../../test/postgres-server.ts";
import type { TestPostgres } from "../../../test/postgres-server.ts";
import { openRecords } from "./open.ts";

const LONG = { timeout: 30_000 };
let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await makePostgres();
  return () => postgres.close();
});

function open(url: string, told: string[] = []) {
  const log = pino({ level: "warn" }, { write: (line: string) => void told.push(line) });
  return openRecords({ url, dir: "/nonexistent", maxConnections: 4, log });
}

it("waits for a PostgreSQL server that comes up later, and brings its schema up to date", async () => {
  const told: string[] = [];
  const opening = open(postgres.url("postgres"), told);
  await expect.poll(() => told.join(), LONG).toContain("PostgreSQL is not there yet");
  await postgres.start();
  const records = await opening;
  onTestFinished(() => records.close());
  await records.ping();
  const names = await records.db.selectFrom("leases").select("name").execute();
  expect(names).toEqual([]);
  // Once more, by another server of the platform.
  const other = await open(postgres.url("postgres"));
  await other.close();
});

it("says of a wrong password and of a database that is not there what is wrong", async () => {
  await expect(open(postgres.url("postgres", "wrong"))).rejects.toMatchObject({
    code: "store_unavailable",
    message: expect.stringMatching(
      /PostgreSQL at postgres:\/\/seaworthy:.*@127\.0\.0\.1.*password authentication failed/,
    ) as unknown,
  });
  await expect(open(postgres.url("missing"))).rejects.toThrow(/database "missing" does not exist/);
});

it("works again after the server was away", async () => {
  const client = new Client({ connectionString: postgres.url("postgres") });
  await client.connect();
  await client.query("create database away");
  await client.end();
  const records = await open(postgres.url("away"));
  onTestFinished(() => records.close());
  await postgres.end();
  await expect(records.ping()).rejects.toThrow();
  await postgres.start();
  await records.ping();
});
