import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, expect, it } from "vitest";
import { startProgram } from "../../../test/program.ts";
import { testRecords } from "../../../test/records.ts";
import { openEmbeddedPostgres } from "./embedded.ts";
import { openRecords } from "./open.ts";

const quiet = { info() {}, warn() {} };
const folders: string[] = [];

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-embedded-"));
  folders.push(dir);
  return dir;
}

afterAll(() => Promise.all(folders.map((dir) => rm(dir, { recursive: true, force: true }))));

it("opens, migrates, keeps its records and opens again", async () => {
  const dir = await folder();
  const first = await openRecords({ dir, maxConnections: 2, log: quiet });
  await first.db
    .insertInto("users")
    .values({ email: "a@example.org", name: "A", role: "admin", password_hash: null })
    .execute();
  await first.close();
  // One that refuses to start says so, and leaves nothing behind that stands in the way of the next.
  const broken = { shared_buffers: "nonsense" };
  await expect(openEmbeddedPostgres({ dir, log: quiet, settings: broken })).rejects.toThrow(
    /did not start.*shared_buffers/,
  );
  const second = await openRecords({ dir, maxConnections: 2, log: quiet });
  const users = await second.db.selectFrom("users").select("email").execute();
  await second.close();
  expect(users).toEqual([{ email: "a@example.org" }]);
});

it("ends with the process that opened it, even when that is killed", async () => {
  const dir = await folder();
  const program = startProgram(
    new URL("../../../test/programs/embedded-postgres.ts", import.meta.url),
    [dir],
  );
  const socketDir = await program.nextLine();
  const pid = Number((await readFile(join(dir, "data", "postmaster.pid"), "utf8")).split("\n")[0]);
  const client = new Client({
    host: socketDir,
    database: "postgres",
    user: "seaworthy",
  });
  await client.connect();
  const cut = new Promise((resolve) => client.on("error", resolve));
  await program.kill();
  await cut;
  expect(pid).toBeGreaterThan(0);
  // A successor finds the folder free, or waits until it is.
  const records = await openRecords({ dir, maxConnections: 1, log: quiet });
  await records.ping();
  await records.close();
});

it("runs a transaction again when it lost against another", async () => {
  const records = await testRecords();
  let tries = 0;
  const result = await records.transaction(async (tx) => {
    tries += 1;
    if (tries === 1) throw Object.assign(new Error("could not serialize"), { code: "40001" });
    return tx.selectFrom("users").selectAll().execute();
  });
  expect(tries).toBe(2);
  expect(result).toEqual([]);
  await records.close();
});

it("says what is wrong when a server cannot be reached, without the password", async () => {
  const opened = openRecords({
    url: "postgres://u:secret@127.0.0.1:1/x",
    dir: "/unused",
    maxConnections: 1,
    log: quiet,
    startMs: 0,
  });
  const error = await opened.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "store_unavailable" });
  expect(String(error)).toContain("127.0.0.1:1");
  expect(String(error)).not.toContain("secret");
});
