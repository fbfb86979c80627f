import type { Check } from "../health/health.ts";
import { Gauge, type Levels } from "./levels.ts";

/**
 * A queue's backlog is below its levels. `size` asks the queue:
 * `backlog(() => queue.getWaitingCount(), { degraded: 1_000, unhealthy: 10_000 })` for BullMQ,
 * `backlog(() => boss.getQueueSize("mail"), …)` for pg-boss.
 */
export function backlog(size: () => number | PromiseLike<number>, levels: Levels): Check {
  const gauge = new Gauge(levels);
  return async () => {
    const waiting = await size();
    if (typeof waiting !== "number" || Number.isNaN(waiting))
      throw new Error("the size of the queue is not a number");
    return gauge.read(waiting, (value) => `${value} waiting`);
  };
}
