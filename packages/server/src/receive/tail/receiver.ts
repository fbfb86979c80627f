import { hash } from "node:crypto";
import { startTail } from "@seaworthy/tail";
import type { Tail, TailInput, TailRecord } from "@seaworthy/tail";
import type { Logger } from "pino";
import type { Clock, LogSink } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import { LogCollector } from "../logs/collector.ts";
import { defaultLogLimits } from "../logs/limits.ts";
import type { LogLimits } from "../logs/limits.ts";
import { createMask } from "../logs/mask.ts";
import type { MaskOptions } from "../logs/mask.ts";

export type TailSettings = readonly TailInput[];

export interface LogTailerOptions {
  readonly inputs: TailSettings;
  /** The file that positions are kept in. */
  readonly positions: string;
  readonly logs: LogSink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<SelfMetrics, "dropped" | "masked" | "linesReceived">;
  readonly masking?: Omit<MaskOptions, "masked">;
  readonly limits?: Partial<LogLimits>;
  /** Between two looks at the files, ms. */
  readonly pollMs?: number;
}

/** Follows logs of this machine as `seaworthy tail` does, and stores them. */
export function startLogTailer(options: LogTailerOptions): Pick<Tail, "stop" | "stats"> {
  const { logs, clock, log, metrics, inputs, positions, pollMs = 250 } = options;
  const limits = { ...defaultLogLimits, ...options.limits };
  const mask = createMask({ ...options.masking, masked: metrics.masked });
  const tail = startTail({
    inputs,
    positions,
    pollMs,
    tell: (message) => log.info(`following logs: ${message}`),
    async deliver(records) {
      const collector = new LogCollector({ limits, mask, now: clock.now() });
      for (const { labels, timeNs, line, metadata } of records) {
        collector.add(collector.stream(labels), timeNs, line, metadata);
      }
      // Delivered again, also after the process was killed, a batch is the same and stored once.
      await logs.write(collector.build(() => fingerprintOf(records)));
      const { refusals, size } = collector;
      refusals.count(metrics);
      if (refusals.size > 0) log.warn(refusals.receipt(size, false).message);
      metrics.linesReceived("tail", size);
    },
  });
  tail.done.catch((error: unknown) => log.error({ err: error }, "following logs has ended"));
  return tail;
}

function fingerprintOf(records: readonly TailRecord[]): bigint {
  const text = JSON.stringify(
    records.map(({ labels, timeNs, line, metadata }) => [labels, String(timeNs), line, metadata]),
  );
  return hash("sha256", text, "buffer").readBigUInt64LE(0) || 1n;
}
