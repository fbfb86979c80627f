import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { ManualClock } from "../../../test/manual-clock.ts";
import { testRecords } from "../../../test/records.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { confirmLease, returnLeases, takeLeases } from "./leases.ts";
import type { Records } from "./records.ts";

/** Longer than any test. */
const LONG = 600_000;
const NAMES = ["a", "b", "c", "d", "e"];
let records: Records;

beforeAll(async () => {
  records = await testRecords();
  return () => records.close();
});
beforeEach(async () => {
  await records.db.deleteFrom("leases").execute();
});

/** Has the leases of a server run out, as if it had been killed long ago. */
async function expire(holder: string): Promise<void> {
  await records.db
    .updateTable("leases")
    .set({ expires_at: new Date(0) })
    .where("holder", "=", holder)
    .execute();
}

const take = async (holder: string, names = NAMES) =>
  [...(await takeLeases(records.db, holder, names, LONG)).held].sort();

it("gives each name to one server, and a server no more than its share", async () => {
  expect(await take("one")).toEqual(NAMES);
  expect(await take("two")).toEqual([]);
  await returnLeases(records.db, "one", ["a", "b"]);
  expect(await take("two")).toEqual(["a", "b"]);
  expect(await take("one")).toEqual(["c", "d", "e"]);
  await expire("one");
  expect(await take("two")).toEqual(NAMES);
  expect(await take("one")).toEqual([]);
});

it("never gives a name to two servers that ask at the same moment", async () => {
  const names = Array.from({ length: 200 }, (_, i) => `n${i}`);
  const servers = ["one", "two", "three", "four"];
  for (let round = 0; round < 5; round += 1) {
    await records.db.deleteFrom("leases").execute();
    const held = await Promise.all(servers.map((server) => take(server, names)));
    const all = held.flat();
    expect(new Set(all).size).toBe(all.length);
  }
});

it("holds a lease to the end of the transaction that was sure of it", async () => {
  await take("one", ["a"]);
  let taking: Promise<string[]> | undefined;
  await records.transaction(async (tx) => {
    await confirmLease(tx, "one", "a");
    taking = returnLeases(records.db, "one").then(() => take("two", ["a"]));
    // It waits for this transaction, however long that takes.
    expect(await Promise.race([taking, delay(50, "waits")])).toBe("waits");
  });
  expect(await taking).toEqual(["a"]);
  await expect(records.transaction((tx) => confirmLease(tx, "one", "a"))).rejects.toMatchObject({
    code: "lease_lost",
    message: expect.stringContaining("works on a") as unknown,
  });
});

/** A server that shares the names, by a clock that stands still. */
function server(name: string, clock: ManualClock) {
  const work: string[][] = [];
  const log = pino({ level: "silent" });
  const keeper = new LeaseKeeper(
    { records, clock, log, server: name, leaseMs: 15_000 },
    async (held) => {
      work.push([...held].sort());
    },
  );
  return { keeper, work };
}

it("shares out again when servers come and go", async () => {
  const clock = new ManualClock(Date.now());
  const [one, two] = [server("one", clock), server("two", clock)];
  await one.keeper.want(NAMES);
  expect(one.work.at(-1)).toEqual(NAMES);
  await two.keeper.want(NAMES);
  expect(two.work.at(-1)).toEqual([]);
  // The first one learns of the second, and leaves what is beyond its share.
  clock.advance(5000);
  await expect.poll(() => one.work.at(-1)?.length, { timeout: 30_000 }).toBe(3);
  await one.keeper.want(NAMES);
  await two.keeper.want(NAMES);
  expect([...(one.work.at(-1) ?? []), ...(two.work.at(-1) ?? [])].sort()).toEqual(NAMES);
  await one.keeper.stop();
  await two.keeper.want(NAMES);
  expect(two.work.at(-1)).toEqual(NAMES);
  await two.keeper.stop();
  expect(await records.db.selectFrom("leases").selectAll().execute()).toEqual([]);
});

it("is not sure of a lease that could not be renewed in time", async () => {
  const clock = new ManualClock(Date.now());
  const { keeper } = server("one", clock);
  await keeper.want(["a"]);
  expect(keeper.holds("a")).toBe(true);
  expect(keeper.holds("b")).toBe(false);
  clock.sleep(15_001);
  expect(keeper.holds("a")).toBe(false);
  await keeper.stop();
});
