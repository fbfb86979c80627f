import { expect, it } from "vitest";
import { systemClock } from "../../model/index.ts";
import type { SampleBatch } from "../../model/index.ts";
import type { ClickHouse } from "./engine.ts";
import { defaultTelemetryLimits } from "./limits.ts";
import { RecentSamples } from "./recent/recent-samples.ts";
import { SampleWriter } from "./sample-writer.ts";

const now = Date.now();

function batchOf(size: number): SampleBatch {
  return {
    series: [{ __name__: "x" }],
    seriesOf: new Uint32Array(size),
    times: Float64Array.from({ length: size }, (_, i) => now + i),
    values: new Float64Array(size),
  };
}

/** A writer over an engine that counts inserts into `samples`; the pause between commits never ends. */
function writer() {
  let commits = 0;
  const engine: ClickHouse = {
    isShared: false,
    storedAs: (table) => table,
    system: (table) => table,
    ping: async () => {},
    select: async () => [],
    execute: async () => {},
    insert: async (table) => {
      if (table === "samples") commits += 1;
    },
    close: async () => {},
  };
  const limits = { ...defaultTelemetryLimits, commitEveryMs: 2 ** 30, fullCommitSamples: 10 };
  const recent = new RecentSamples(0, now);
  const options = { clock: systemClock, newest: 0, recent, announced: () => {}, came: () => {} };
  const made = new SampleWriter(engine, limits, options);
  return { write: (size: number) => made.write(batchOf(size)), commits: () => commits };
}

it("commits a full batch without waiting for the pause to end", async () => {
  const { write, commits } = writer();
  for (let round = 1; round <= 3; round += 1) {
    await write(10);
    expect(commits()).toBe(round);
  }
});

it("commits small batches once they are enough together", async () => {
  const { write, commits } = writer();
  await write(1);
  await Promise.all([write(4), write(3), write(3)]);
  expect(commits()).toBe(2);
});
