import { expect, it } from "vitest";
import { runKilledServers } from "../../test/killed-servers.ts";
import { testDatabase } from "../../test/records.ts";

it(
  "pages exactly once with two servers that are killed and a receiver that comes and goes",
  {
    timeout: 120_000,
  },
  async () => {
    const run = await runKilledServers({
      ...(await testDatabase()),
      alerts: 12,
      rounds: 6,
      seed: 11,
    });
    expect(run.kills + run.outages).toBe(6);
    expect([...run.keys.keys()].sort()).toEqual([...run.expected].sort());
    for (const [state, keys] of run.keys) expect(keys.size, state).toBe(1);
  },
);
