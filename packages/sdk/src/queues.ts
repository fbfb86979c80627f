/** `@seaworthy/sdk/queues`: the workers of BullMQ and pg-boss, watched. */
import type { Kit } from "./kit.ts";

/** A job of BullMQ's, as far as it is read. */
interface BullJob {
  readonly name: string;
  readonly queueName: string;
  readonly data: unknown;
}

interface BullQueue {
  readonly name: string;
  getJobCounts(
    ...types: ("waiting" | "delayed" | "prioritized")[]
  ): Promise<Record<string, number>>;
  on(event: "waiting", listener: () => void): unknown;
}

/** A job of pg-boss's, as far as it is read. */
interface BossJob {
  readonly name: string;
  readonly data: unknown;
}

/** pg-boss 10, and 11 and later. */
type Boss =
  | { getQueueSize(name: string): Promise<number> }
  | { getQueueStats(name: string): Promise<{ readonly queuedCount: number }> };

/**
 * Wraps a processor of BullMQ: `new Worker("mail", watchProcessor(kit, send), …)`. A job whose data
 * has a `traceparent` (see `kit.traceParent`) belongs to the trace that added it.
 */
export function watchProcessor<Job extends BullJob, Rest extends readonly unknown[], Result>(
  kit: Kit,
  processor: (job: Job, ...rest: Rest) => Promise<Result>,
): (job: Job, ...rest: Rest) => Promise<Result> {
  const watched = (job: Job, ...rest: Rest): Promise<Result> =>
    kit.job(job.queueName, () => processor(job, ...rest), {
      name: job.name,
      traceParent: traceParentOf(job.data),
      isPostponed,
    });
  // By their number BullMQ knows whether a processor takes a signal.
  return Object.defineProperty(watched, "length", { value: processor.length });
}

/** The errors by which a processor tells BullMQ that the job goes on later: it has not failed. */
const postponing = new Set(["DelayedError", "WaitingError", "WaitingChildrenError"]);
const rateLimited = "bullmq:rateLimitExceeded";

function isPostponed(error: unknown): boolean {
  return error instanceof Error && (postponing.has(error.name) || error.message === rateLimited);
}

/** Shows how many jobs of a BullMQ queue wait, in `queue_size`, and counts those that `add` puts there. */
export function watchBacklog(kit: Kit, queue: BullQueue): void {
  queue.on("waiting", () => kit.jobAdded(queue.name));
  kit.backlog(queue.name, async () => {
    const counts = await queue.getJobCounts("waiting", "delayed", "prioritized");
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  });
}

/**
 * Wraps a handler of pg-boss, and shows how many jobs of the queue wait:
 * `boss.work("mail", watchBossHandler(kit, boss, "mail", send))`. The jobs of one call are one unit
 * of work, which belongs to the trace of the first.
 */
export function watchBossHandler<Job extends BossJob, Result>(
  kit: Kit,
  boss: Boss,
  queue: string,
  handler: (jobs: Job[]) => Promise<Result>,
): (jobs: Job[]) => Promise<Result> {
  kit.backlog(queue, async () =>
    "getQueueStats" in boss
      ? (await boss.getQueueStats(queue)).queuedCount
      : boss.getQueueSize(queue),
  );
  return (jobs) =>
    kit.job(queue, () => handler(jobs), { traceParent: traceParentOf(jobs[0]?.data) });
}

function traceParentOf(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null || !("traceparent" in data)) return undefined;
  return typeof data.traceparent === "string" ? data.traceparent : undefined;
}
