import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import {
  ALL_RAW,
  asked,
  batches,
  DAY,
  end,
  expectSame,
  HOUR,
  now,
  onlyHours,
  onlyMinutes,
  open,
  start,
} from "../../../../test/old-samples.ts";
import { startProgram } from "../../../../test/program.ts";

it("has each window once after it was killed again and again", async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-downsample-kills-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const writer = await open(dir);
  for (const batch of batches()) await writer.samples.write(batch);
  await writer.close();
  const program = new URL("../../../../test/programs/downsample.ts", import.meta.url);
  for (let kill = 0; kill < 3; kill += 1) {
    const worker = startProgram(program, [dir, String(now)]);
    expect(await worker.nextLine()).toBe("open");
    // Somewhere in the work on some day; a later kill finds earlier days done.
    await delay(Math.random() * 60);
    await worker.kill();
  }
  const store = await open(dir);
  onTestFinished(() => store.close());
  await store.downsample();
  expect(store.kept().windowsUntilMs).toBe(start + 5 * DAY);
  const times = { from: start + HOUR, to: end, step: HOUR };
  for (const query of [
    "sum_over_time(g[1h])",
    "count_over_time(c_total[1h])",
    "rate(c_total[1h])",
  ]) {
    for (const kept of [onlyMinutes, onlyHours]) {
      const got = await asked(store, kept, query, times);
      expectSame(got, await asked(store, ALL_RAW, query, times), query);
    }
  }
}, 120_000);
