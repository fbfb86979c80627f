import { messageOf, SamplesRefused } from "../model/index.ts";
import type { Clock, SampleSink } from "../model/index.ts";
import type { SelfMetrics } from "./metrics.ts";

/** A sink that counts, and that knows whether writing works. */
export interface WriteWatch {
  readonly samples: SampleSink;
  /** A health check: rejects while the last write has failed. */
  readonly check: { readonly name: string; run(): Promise<void> };
}

/** Puts a watch on the way to the store, so that a full disk shows before somebody misses samples. */
export function watchWrites(
  sink: SampleSink,
  metrics: Pick<SelfMetrics, "samplesWritten">,
  clock: Clock,
): WriteWatch {
  let failure: string | undefined;
  const wrote = (samples: number, began: number) =>
    metrics.samplesWritten(samples, (clock.now() - began) / 1000);
  return {
    samples: {
      async write(batch) {
        const began = clock.now();
        try {
          await sink.write(batch);
          failure = undefined;
        } catch (error) {
          // What was refused is the sender's affair: writing works, and the rest was written.
          const refused = error instanceof SamplesRefused ? error.samples : undefined;
          failure = refused === undefined ? messageOf(error) : undefined;
          if (refused !== undefined) wrote(batch.times.length - refused, began);
          throw error;
        }
        wrote(batch.times.length, began);
      },
      describe: (metadata) => sink.describe(metadata),
    },
    check: {
      name: "writing samples",
      async run() {
        if (failure !== undefined) throw new Error(failure);
      },
    },
  };
}
