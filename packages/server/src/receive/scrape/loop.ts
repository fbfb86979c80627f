import type { Logger } from "pino";
import { formatDuration, messageOf, METRIC_NAME, SamplesRefused } from "../../model/index.ts";
import type { Clock, Labels, MetricMetadata, SampleSink, Timer } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import { BatchBuilder } from "./batch.ts";
import type { ExpositionLimits } from "./format/parser.ts";
import type { FailureLog } from "./failure-log.ts";
import { BodyTooLarge, ScrapeFault } from "./fault.ts";
import type { HttpAnswer } from "./http-client.ts";
import type { ScrapeConfig } from "./job.ts";
import { Ledger } from "./ledger.ts";
import type { Tally } from "./ledger.ts";
import { Schedule } from "./schedule.ts";
import type { Target } from "./target.ts";

/** Answers one exposition of a target. Throws when there is none; ends when `signal` is aborted. */
export type Fetch = (
  target: Target,
  limits: { readonly bodyBytes: number; readonly timeout: number },
  signal: AbortSignal,
) => Promise<HttpAnswer>;

type Health = "unknown" | "up" | "down";

/** How a target did when it was last scraped. Times are milliseconds since 1970. */
export interface ScrapeState {
  readonly health: Health;
  readonly lastError: string;
  readonly lastScrape: number | undefined;
  /** Seconds. */
  readonly lastDuration: number;
}

export interface LoopDeps {
  readonly samples: SampleSink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<SelfMetrics, "dropped" | "scraped" | "scrapesMissed">;
  readonly healthChanged: () => void;
  readonly seed: string;
  readonly limits: ExpositionLimits;
  /** The most bytes of a body, whatever the configuration says. */
  readonly maxBodyBytes: number;
  readonly failures: FailureLog;
}

const REPORT = [
  "up",
  "scrape_duration_seconds",
  "scrape_samples_scraped",
  "scrape_samples_post_metric_relabeling",
  "scrape_series_added",
] as const;

/** Of a job with `extra_scrape_metrics`. */
const EXTRA_REPORT = [
  "scrape_timeout_seconds",
  "scrape_sample_limit",
  "scrape_body_size_bytes",
] as const;

/** What the store's reasons are called among those of everything that is lost. */
const REFUSALS = {
  too_old: "out_of_order",
  too_new: "out_of_bounds",
  series_limit: "over_limit",
} as const;

/** Longer waits are cut, because the timers of a machine that sleeps stop. */
const LONGEST_WAIT = 60_000;

const NOTHING: Tally = { scraped: 0, kept: 0, added: 0 };

/** Scrapes one target again and again, one scrape at a time. */
export class ScrapeLoop {
  readonly target: Target;
  readonly #deps: LoopDeps;
  readonly #schedule: Schedule;
  readonly #ledger: Ledger;
  readonly #report: readonly Labels[];
  readonly #extraReport: readonly Labels[];
  /** Whether the last scrape that was stored had the extra report. */
  #hasExtra = false;
  #job: ScrapeConfig;
  /** A job that the ledger has yet to take over: never in the middle of a scrape. */
  #pending: ScrapeConfig | undefined;
  #fetch: Fetch;
  /** Set when the whole job is at fault: every scrape fails with it. */
  #fault: string | undefined;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  #abort: AbortController | undefined;
  #state: ScrapeState = {
    health: "unknown",
    lastError: "",
    lastScrape: undefined,
    lastDuration: 0,
  };
  /** What metrics are, as far as the store has not taken it. */
  #owed: readonly MetricMetadata[] = [];
  /** Whether samples of this loop may be in the store, so that its end must be marked. */
  #reported = false;

  constructor(
    target: Target,
    job: ScrapeConfig,
    fetch: Fetch,
    fault: string | undefined,
    deps: LoopDeps,
  ) {
    this.target = target;
    this.#job = job;
    this.#fetch = fetch;
    this.#fault = fault;
    this.#deps = deps;
    this.#schedule = new Schedule(target.interval, target.key, deps.seed);
    this.#ledger = new Ledger(target, job, deps.limits, deps.metrics);
    const report = (name: string) => ({ [METRIC_NAME]: name, ...target.labels });
    this.#report = REPORT.map(report);
    this.#extraReport = EXTRA_REPORT.map(report);
  }

  get state(): ScrapeState {
    return this.#state;
  }

  start(): void {
    this.#plan(this.#schedule.after(this.#deps.clock.now()));
  }

  /** Goes on with another version of the job, from the next scrape on. */
  reconfigure(job: ScrapeConfig, fetch: Fetch, fault: string | undefined): void {
    this.#fetch = fetch;
    this.#fault = fault;
    if (job === this.#job) return;
    this.#job = job;
    this.#pending = job;
  }

  /** Takes over the series and the state of a loop that scraped for the same labels; stop that first. */
  inherit(other: ScrapeLoop): void {
    this.#ledger.inherit(other.#ledger);
    this.#state = other.#state;
    this.#reported = other.#reported;
    this.#hasExtra = other.#hasExtra;
    other.#reported = false;
  }

  /** Ends without a trace in the data: the server goes away, not the target. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#abort?.abort(new ScrapeFault("the server is stopping"));
    await this.#running;
  }

  /** Stops, and marks everything that the target had as ended: the target was taken away. */
  async remove(): Promise<void> {
    await this.stop();
    if (!this.#reported) return;
    const time = Math.max(this.#deps.clock.now(), (this.#state.lastScrape ?? 0) + 1);
    const batch = new BatchBuilder(16);
    this.#ledger.end(time, batch);
    for (const labels of this.#report) batch.addStale(labels, time);
    if (this.#hasExtra) for (const labels of this.#extraReport) batch.addStale(labels, time);
    await this.#write(batch);
  }

  #plan(due: number): void {
    const { clock } = this.#deps;
    this.#timer = clock.after(Math.min(due - clock.now(), LONGEST_WAIT), () => {
      const now = clock.now();
      if (!this.#schedule.isDue(due, now)) {
        // The wait was cut, or the clock was set back: then the grid is earlier, too.
        this.#plan(Math.min(due, this.#schedule.after(now)));
        return;
      }
      this.#running = this.#run(due).catch((error: unknown) => {
        this.#deps.log.error({ err: error, url: this.target.url }, "a scrape broke");
      });
    });
  }

  async #run(due: number): Promise<void> {
    try {
      await this.#scrape(this.#schedule.stamp(due, this.#deps.clock.now()));
    } finally {
      if (!this.#stopped) {
        const now = this.#deps.clock.now();
        const missed = this.#schedule.missed(due, now);
        if (missed > 0) this.#deps.metrics.scrapesMissed(this.#job.jobName, missed);
        this.#plan(this.#schedule.next(due, now));
      }
    }
  }

  async #scrape(time: number): Promise<void> {
    const job = this.#job;
    if (this.#pending !== undefined) {
      this.#ledger.reconfigure(this.#pending);
      this.#pending = undefined;
    }
    const alive = this.#ledger.alive();
    const batch = new BatchBuilder(alive.length + 64);
    // The clock tells when, this tells how long: it must not jump.
    const started = performance.now();
    const outcome = await this.#attempt(job, time, batch);
    if (this.#stopped) {
      // Nothing of this scrape is written, so what was alive before it still is.
      this.#ledger.restore(alive);
      return;
    }
    const seconds = (performance.now() - started) / 1000;
    if (outcome.error !== undefined) this.#ledger.end(time, batch);
    const { tally } = outcome;
    const ok = outcome.error === undefined;
    const report = [ok ? 1 : 0, seconds, tally.scraped, tally.kept, tally.added];
    this.#report.forEach((labels, i) => batch.add(labels, time, report[i] ?? 0));
    const extra = [this.target.timeout / 1000, job.limits.samples, outcome.bodyBytes];
    this.#extraReport.forEach((labels, i) => {
      if (job.extraMetrics) batch.add(labels, time, extra[i] ?? 0);
      else if (this.#hasExtra) batch.addStale(labels, time);
    });
    if (outcome.error !== undefined && job.failureLog !== undefined) {
      const failed = {
        job: job.jobName,
        target: this.target.url,
        reason: messageOf(outcome.error),
      };
      this.#deps.failures.add(job.failureLog, time, failed);
    }
    this.#tell(time, seconds, outcome.error);
    this.#deps.metrics.scraped(job.jobName, ok ? "ok" : "failed", seconds, tally.scraped);
    this.#reported = true;
    const metadata = [...this.#owed, ...this.#ledger.parser.takeChangedMetadata()];
    batch.describe(metadata);
    const stored = await this.#write(batch);
    this.#owed = stored ? [] : metadata;
    if (stored) this.#hasExtra = job.extraMetrics;
    if (!stored) this.#ledger.restore(alive);
  }

  async #attempt(
    job: ScrapeConfig,
    time: number,
    batch: BatchBuilder,
  ): Promise<{ tally: Tally; bodyBytes: number; error?: unknown }> {
    const { timeout } = this.target;
    const abort = new AbortController();
    this.#abort = abort;
    const timer = this.#deps.clock.after(timeout, () => {
      abort.abort(
        new ScrapeFault(
          `no complete answer within the scrape timeout of ${formatDuration(timeout)}`,
        ),
      );
    });
    let fetched = false;
    try {
      if (this.#fault !== undefined) throw new ScrapeFault(this.#fault);
      const { bodyBytes } = job.limits;
      const most = this.#deps.maxBodyBytes;
      const limits = { bodyBytes: bodyBytes > 0 ? Math.min(bodyBytes, most) : most, timeout };
      const answer = await this.#fetch(this.target, limits, abort.signal);
      fetched = true;
      const tally = await this.#ledger.record(answer, time, batch);
      return { tally, bodyBytes: answer.body.length };
    } catch (error) {
      const bodyBytes = error instanceof BodyTooLarge ? -1 : 0;
      return { tally: fetched ? this.#ledger.partial : NOTHING, bodyBytes, error };
    } finally {
      timer.cancel();
      this.#abort = undefined;
    }
  }

  #tell(time: number, seconds: number, error: unknown): void {
    const before = this.#state;
    const lastError = error === undefined ? "" : messageOf(error);
    const health = error === undefined ? "up" : "down";
    this.#state = { health, lastError, lastScrape: time, lastDuration: seconds };
    if (health === before.health) return;
    const { jobName } = this.#job;
    const { url } = this.target;
    if (health === "down") this.#deps.log.warn({ job: jobName, url, lastError }, "target is down");
    else this.#deps.log.info({ job: jobName, url }, "target is up");
    this.#deps.healthChanged();
  }

  /** Answers whether the store has the batch. */
  async #write(batch: BatchBuilder): Promise<boolean> {
    try {
      await this.#deps.samples.write(batch.build());
      return true;
    } catch (error) {
      if (error instanceof SamplesRefused) {
        // The others have been stored; what was refused would be again.
        for (const [reason, count] of error.reasons) {
          this.#deps.metrics.dropped("samples", REFUSALS[reason], count);
        }
        return true;
      }
      this.#deps.metrics.dropped("samples", "store_unavailable", batch.size);
      this.#deps.log.error(
        { err: error, job: this.#job.jobName, url: this.target.url, samples: batch.size },
        "a scrape's samples were not stored",
      );
      return false;
    }
  }
}
