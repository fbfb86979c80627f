import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { BoundedSet, labelValue, overflow } from "./bounds.ts";

const maxQueues = 100;
/** How long a backlog may take to tell, in milliseconds; a scrape waits for it. */
const backlogMs = 1_000;
const durationBuckets = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800];

/** `postponed`: it said that it goes on later. */
export type JobOutcome = "ok" | "error" | "postponed";
/** How many jobs wait. */
export type Backlog = () => number | PromiseLike<number>;

/** What a service with queues has beside its other metrics; registered with the first queue. */
export class JobMetrics {
  readonly #queues = new BoundedSet(maxQueues);
  readonly #backlogs = new Map<string, Backlog>();
  readonly #added: Counter<"queue">;
  readonly #done: Counter<"queue" | "outcome">;
  readonly #duration: Histogram<"queue" | "outcome">;
  readonly #active: Gauge<"queue">;
  readonly #onOverflow: (metric: string) => void;

  /** @param caught is told when a backlog could not be told; its gauge is then absent. */
  constructor(
    registry: Registry,
    onOverflow: (metric: string) => void,
    caught: (error: unknown) => void,
  ) {
    this.#onOverflow = onOverflow;
    const registers = [registry];
    this.#added = new Counter({
      name: "jobs_added_total",
      help: "Jobs put into a queue by this process.",
      labelNames: ["queue"],
      registers,
    });
    this.#done = new Counter({
      name: "jobs_total",
      help: "Jobs done, by queue and outcome.",
      labelNames: ["queue", "outcome"],
      registers,
    });
    this.#duration = new Histogram({
      name: "job_duration_seconds",
      help: "Time that jobs took.",
      labelNames: ["queue", "outcome"],
      buckets: durationBuckets,
      registers,
    });
    this.#active = new Gauge({
      name: "jobs_active",
      help: "Jobs being worked on.",
      labelNames: ["queue"],
      registers,
    });
    const backlogs = this.#backlogs;
    const size = new Gauge({
      name: "queue_size",
      help: "Jobs that wait.",
      labelNames: ["queue"],
      registers: [],
      async collect() {
        this.reset();
        await Promise.all(
          Array.from(backlogs, async ([queue, backlog]) => {
            try {
              this.set({ queue }, await withinTime(backlog));
            } catch (error) {
              caught(error);
            }
          }),
        );
      },
    });
    registry.registerMetric(size);
  }

  /** Lets `queue_size` tell how many jobs wait, by asking at each scrape. */
  backlog(name: string, backlog: Backlog): void {
    const queue = this.#queue(name);
    if (queue !== overflow) this.#backlogs.set(queue, backlog);
  }

  added(name: string, count: number): void {
    this.#added.inc({ queue: this.#queue(name) }, count);
  }

  /** Notes that a job has begun; the result notes its end. */
  begin(name: string): (outcome: JobOutcome) => void {
    const queue = this.#queue(name);
    const startedAt = performance.now();
    this.#active.inc({ queue });
    return (outcome) => {
      this.#active.dec({ queue });
      this.#done.inc({ queue, outcome });
      this.#duration.observe({ queue, outcome }, (performance.now() - startedAt) / 1000);
    };
  }

  /** The label of a queue, whose counters exist from now on. */
  #queue(name: string): string {
    const queue = labelValue(name);
    if (!this.#queues.admit(queue)) {
      this.#onOverflow("jobs_total");
      return overflow;
    }
    for (const outcome of ["ok", "error"]) this.#done.inc({ queue, outcome }, 0);
    return queue;
  }
}

async function withinTime(backlog: Backlog): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the backlog was not told in time")), backlogMs);
  });
  try {
    return await Promise.race([backlog(), late]);
  } finally {
    clearTimeout(timer);
  }
}
