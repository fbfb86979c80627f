import type { SampleSink } from "../model/index.ts";
import type { SelfMetrics } from "./metrics.ts";

/** The same sink, with what it commits counted and timed. */
export function observeWrites(sink: SampleSink, metrics: SelfMetrics): SampleSink {
  return {
    async write(batch) {
      const started = performance.now();
      await sink.write(batch);
      metrics.samplesWritten(batch.seriesOf.length, (performance.now() - started) / 1000);
    },
    describe: (metadata) => sink.describe(metadata),
  };
}
