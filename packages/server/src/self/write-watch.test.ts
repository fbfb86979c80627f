import { expect, it } from "vitest";
import { systemClock } from "../model/index.ts";
import type { SampleBatch, SampleSink } from "../model/index.ts";
import { watchWrites } from "./write-watch.ts";

const batch: SampleBatch = {
  series: [{ __name__: "up" }],
  seriesOf: Uint32Array.of(0, 0),
  times: Float64Array.of(1, 2),
  values: Float64Array.of(1, 1),
};

it("is unwell from a write that failed to one that succeeded, and counts what was written", async () => {
  let full = true;
  const sink: SampleSink = {
    write: async () => {
      if (full) throw new Error("no space left on device");
    },
    describe: () => {},
  };
  const written: number[] = [];
  const watch = watchWrites(sink, { samplesWritten: (count) => written.push(count) }, systemClock);
  await watch.check.run();
  await expect(watch.samples.write(batch)).rejects.toThrow("no space left");
  await expect(watch.check.run()).rejects.toThrow("no space left");
  full = false;
  await watch.samples.write(batch);
  await watch.check.run();
  expect(written).toEqual([2]);
});
