import type { Logger } from "pino";
import { watchEventLoop } from "./event-loop.ts";
import type { EventLoopWatch } from "./event-loop.ts";
import { createLogger } from "./logger.ts";
import type { LogStream } from "./logger.ts";
import { createSelfMetrics } from "./metrics.ts";
import type { SelfMetrics } from "./metrics.ts";

export { createSelfMetrics } from "./metrics.ts";
export type { SelfMetrics } from "./metrics.ts";

export { watchWrites } from "./write-watch.ts";

/** The server's view of itself: its log, its metrics, and whether it keeps up. */
export interface Self {
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  readonly eventLoop: EventLoopWatch;
  /** The metrics in the text exposition format. */
  exposition(): Promise<{ readonly contentType: string; readonly body: string }>;
  stop(): void;
}

export interface SelfOptions {
  readonly version: string;
  /** pino's levels: trace, debug, info, warn, error, fatal, silent. */
  readonly level: string;
  readonly stream: LogStream;
  /** The longest hold-up of the event loop, in ms, that passes as healthy. */
  readonly maxEventLoopDelay?: number;
}

const MAX_EVENT_LOOP_DELAY = 2000;

/** Makes the process's own telemetry. Call it once. */
export function createSelf(options: SelfOptions): Self {
  const metrics = createSelfMetrics(options.version);
  const eventLoop = watchEventLoop(options.maxEventLoopDelay ?? MAX_EVENT_LOOP_DELAY);
  return {
    log: createLogger(options.level, options.stream),
    metrics,
    eventLoop,
    async exposition() {
      const { registry } = metrics;
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
    stop: () => eventLoop.stop(),
  };
}
