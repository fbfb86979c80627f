import { pino } from "pino";
import { expect, it } from "vitest";
import { ManualClock } from "../test/manual-clock.ts";
import { keepOpening } from "./starting.ts";

it("opens in the end, and says each time what was in the way", async () => {
  const lines: string[] = [];
  const log = pino({ level: "error" }, { write: (line: string) => void lines.push(line) });
  const clock = new ManualClock(0);
  let tries = 0;
  const opened = keepOpening(
    "PostgreSQL",
    async () => {
      tries += 1;
      if (tries < 7) throw new Error(`refused ${tries}`);
      return "open";
    },
    { clock, log },
  );
  for (const pause of [500, 1000, 2000, 5000, 5000, 5000]) {
    await expect.poll(() => clock.next()).toBe(clock.now() + pause);
    clock.advance(pause);
  }
  expect(await opened).toBe("open");
  expect(lines).toHaveLength(6);
  expect(lines[0]).toMatch(/refused 1.*PostgreSQL cannot be opened; the status page is served/);
});
