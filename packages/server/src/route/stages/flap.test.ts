import { describe, expect, it } from "vitest";
import { down, house, simple } from "../../../test/router-rig.ts";
import { flaps } from "./flap.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const policy = { firings: 3, within: HOUR, quiet: 20 * MINUTE };

describe("an alert flaps", () => {
  /** Firings that begin at these minutes and last so long. */
  const at = (starts: readonly number[], minutes = 2) =>
    starts.map((start) => ({ startedAt: start * MINUTE, endedAt: (start + minutes) * MINUTE }));

  it.each([
    ["not by firing twice", at([0, 10]), 12, undefined],
    ["from the third time within the hour", at([0, 10, 20]), 21, 3],
    ["and between two firings", at([0, 10, 20]), 30, 3],
    ["until it has been quiet", at([0, 10, 20]), 42, undefined],
    ["not when the times are too far apart", at([0, 40, 80]), 81, undefined],
    ["on while it comes back in time", at([0, 10, 20, 38, 56, 74, 92]), 93, 4],
    ["not after a calm", at([0, 10, 20, 75]), 76, undefined],
    ["not when it has gone on firing", at([0, 10, 20], 30), 41, undefined],
    ["not without ever having fired", [], 1, undefined],
  ])("%s", (_, firings, now, times) => {
    expect(flaps(firings, policy, now * MINUTE)).toBe(times);
  });
});

describe("who is told of an alert that flaps", () => {
  const waits = (url: string) => `
route: { receiver: hook, group_by: [alertname], group_wait: 10s, group_interval: 1m, repeat_interval: 10h }
receivers: [{ name: hook, webhook_configs: [{ url: "${url}/hook" }] }]
`;
  const cycle = async ({ fire, resolve, advance }: Awaited<ReturnType<typeof house>>) => {
    await fire(down("a"));
    await advance(2 * MINUTE);
    await resolve(down("a"));
    await advance(3 * MINUTE);
  };

  it("hears so once, and again when it is over", { timeout: 120_000 }, async () => {
    const home = await house((receiver) => waits(receiver.url), { flapping: policy });
    for (let time = 0; time < 6; time += 1) await cycle(home);
    const { receiver, arrived, advance } = home;
    expect(arrived()).toEqual([
      "/hook firing a:firing",
      "/hook resolved a:resolved",
      "/hook firing a:firing",
      "/hook resolved a:resolved",
      "/hook firing a:firing",
    ]);
    expect(receiver.received.at(-1)?.body.alerts[0]).toMatchObject({
      status: "firing",
      labels: { instance: "a", flapping: "fired 3 times in 1h" },
      annotations: { flapping: expect.stringContaining("quiet for 20m") as string },
    });
    await advance(20 * MINUTE);
    expect(arrived().slice(5)).toEqual(["/hook resolved a:resolved"]);
    expect(receiver.received.at(-1)?.body.alerts[0]?.labels).not.toHaveProperty("flapping");
    await advance(HOUR);
    await cycle(home);
    expect(arrived().slice(6)).toEqual(["/hook firing a:firing", "/hook resolved a:resolved"]);
  });

  it(
    "hears nothing twice over a restart or from a second server",
    { timeout: 120_000 },
    async () => {
      const home = await house((receiver) => waits(receiver.url), { flapping: policy });
      for (let time = 0; time < 3; time += 1) await cycle(home);
      expect(home.arrived()).toHaveLength(5);
      await home.router.stop();
      await home.another({ server: "second" });
      await home.another({ server: "third" });
      await home.advance(10 * MINUTE);
      expect(home.arrived()).toHaveLength(5);
      await home.advance(10 * MINUTE);
      expect(home.arrived().slice(5)).toEqual(["/hook resolved a:resolved"]);
    },
  );

  it(
    "is told every time where it is switched off, as by Alertmanager",
    { timeout: 120_000 },
    async () => {
      const home = await house(simple);
      for (let time = 0; time < 4; time += 1) await cycle(home);
      expect(home.arrived()).toHaveLength(8);
    },
  );
});
