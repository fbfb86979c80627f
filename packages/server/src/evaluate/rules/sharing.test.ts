import { beforeAll, beforeEach, expect, it, onTestFinished } from "vitest";
import { testRecords } from "../../../test/records.ts";
import { alertingRule, groupOf, RulesRig } from "../../../test/rules-rig.ts";
import type { Records } from "../../store/index.ts";

const START = Date.now();
const LEASE_MS = 600_000;
const LONG = { timeout: 30_000 };
const groups = ["first", "second"].map((name) => groupOf([alertingRule(name, name)], { name }));
let records: Records;

beforeAll(async () => {
  records = await testRecords();
  return () => records.close();
});
beforeEach(async () => {
  await records.db.deleteFrom("rule_alerts").execute();
  await records.db.deleteFrom("leases").execute();
});

async function serve(server: string): Promise<RulesRig> {
  const rig = new RulesRig(records, START, { sharing: { server, leaseMs: LEASE_MS } });
  onTestFinished(() => rig.rules.stop());
  for (const { name } of groups) rig.answers.set(name, [{ labels: { i: "1" }, value: 1 }]);
  await rig.rules.apply(groups);
  await rig.rules.start();
  return rig;
}

/** The alerts that a server shows, with what it knows of their evaluation. */
function shown({ rules }: RulesRig): string[] {
  return rules
    .groups()
    .flatMap(({ name, rules: [rule] }) =>
      rule?.type === "alerting" ? `${name} ${rule.state}` : [],
    );
}

/** As if the server had been killed and its leases had run out. */
async function expire(server: string): Promise<void> {
  await records.db
    .updateTable("leases")
    .set({ expires_at: new Date(0) })
    .where("holder", "=", server)
    .execute();
}

it("evaluates each group on one server, and shows its alerts on all", async () => {
  const one = await serve("one");
  const two = await serve("two");
  await one.step(2);
  expect(one.accepted.map(({ labels }) => labels["alertname"]).sort()).toEqual(["first", "second"]);
  expect(two.asked).toEqual([]);
  // A look later the second server has its share, and shows what the first one found.
  one.clock.advance(LEASE_MS / 3);
  two.clock.advance(LEASE_MS / 3);
  await expect.poll(() => shown(two), LONG).toEqual(["first firing", "second firing"]);
});

it("goes on where a killed server stopped, without beginning an alert anew", async () => {
  const one = await serve("one");
  const two = await serve("two");
  await one.step(2);
  await expire("one");
  two.clock.advance(LEASE_MS / 3);
  await expect.poll(() => shown(two), LONG).toEqual(["first firing", "second firing"]);
  await two.step(2);
  const startOf = ({ accepted }: RulesRig, name: string) =>
    accepted.find(({ labels }) => labels["alertname"] === name)?.startsAt;
  for (const { name } of groups) {
    expect(startOf(two, name)).toBeDefined();
    expect(startOf(two, name)).toBe(startOf(one, name));
  }
});

it("changes nothing once another server has the lease, though it believes to hold it", async () => {
  const one = await serve("one");
  const two = await serve("two");
  await expire("one");
  two.clock.advance(LEASE_MS / 3);
  await expect
    .poll(
      async () =>
        (await records.db.selectFrom("leases").select("holder").execute())
          .map((row) => row.holder)
          .filter((holder) => holder === "two").length,
      LONG,
    )
    .toBe(3);
  await one.step(2);
  expect(one.accepted).toEqual([]);
  const errors = one.rules.groups().flatMap(({ rules }) => rules.map(({ lastError }) => lastError));
  expect(errors).toEqual([
    expect.stringContaining("another server of the platform works on rules/"),
    expect.stringContaining("another server of the platform works on rules/"),
  ]);
});
