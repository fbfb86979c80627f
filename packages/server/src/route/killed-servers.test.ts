import { expect, it } from "vitest";
import { runKilledServers } from "../../test/killed-servers.ts";
import { testDatabase } from "../../test/records.ts";

/** More of it by hand: `KILLED_SERVERS="200 40 1" npx vitest run …/killed-servers.test.ts`. */
const [alerts = 12, rounds = 6, seed = 11] = (process.env["KILLED_SERVERS"] ?? "")
  .split(" ")
  .filter((text) => text !== "")
  .map(Number);

it(
  "pages exactly once with two servers that are killed and a receiver that comes and goes",
  {
    timeout: 60_000 + rounds * 10_000 + alerts * 1000,
  },
  async () => {
    const run = await runKilledServers({ ...(await testDatabase()), alerts, rounds, seed });
    const { kills, outages, repeats, keys, expected } = run;
    // What a receiver sees that does not know the keys is no fault, but worth knowing.
    console.info(
      `${kills} kills, ${outages} outages, ${expected.length} states, ${repeats} repeats`,
    );
    expect(kills + outages).toBe(rounds);
    expect([...keys.keys()].sort()).toEqual([...expected].sort());
    for (const [state, ownKeys] of keys) expect(ownKeys.size, state).toBe(1);
  },
);
