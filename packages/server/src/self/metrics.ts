import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/**
 * Why something that came in, or was about to go out, was let go. A closed list: whoever drops
 * something names one of these, so that the sum of the counter is everything that was lost.
 */
type DropReason =
  /** The engine refused or failed; what was to be written is gone. */
  | "store_unavailable"
  /** A newer sample of the same series and time had been taken already. */
  | "duplicate_sample"
  /** An explicit time is not after the series' last one. */
  | "out_of_order"
  /** An explicit time lies too far in the future. */
  | "out_of_bounds"
  /** A limit on size, count or rate was reached. */
  | "over_limit"
  /** It could not be understood. */
  | "invalid"
  /** A queue with an upper bound was full. */
  | "queue_full"
  /** A receiver kept failing until the last retry. */
  | "retries_exhausted";

/** What can be dropped. */
type DropSubject =
  | "samples"
  | "exemplars"
  | "alerts"
  | "notifications"
  | "logs"
  | "spans"
  | "events";

type Outcome = "ok" | "failed";

/** The platform's own metrics as functions: rooms say what happened, names and labels are here. */
export interface SelfMetrics {
  readonly registry: Registry;
  /** Counts `count` things as lost. */
  dropped(subject: DropSubject, reason: DropReason, count: number): void;
  scraped(job: string, outcome: Outcome, seconds: number, samples: number): void;
  /** Scrapes that were due while the last one of the same target was still at work. */
  scrapesMissed(job: string, count: number): void;
  targets(job: string, up: number, down: number): void;
  /** A look for targets in files, on a server or in DNS. */
  discovered(mechanism: "file" | "http" | "dns", outcome: Outcome): void;
  /** Samples that the engine has committed. */
  samplesWritten(count: number, seconds: number): void;
  /** What a signal takes of the disk, and what it may take (undefined: no bound); bytes. */
  diskUsed(
    signal: "metrics" | "logs" | "traces",
    use: { readonly usedBytes: number; readonly budgetBytes: number | undefined },
  ): void;
  /** What the newest samples take of memory, bytes, and from when on they are there, ms since 1970. */
  remembered(use: { readonly bytes: number; readonly fromMs: number }): void;
  /** How the downsampling of old samples stands; days, and ms since 1970. */
  downsampled(state: {
    readonly pendingDays: number;
    readonly daysDone: number;
    readonly failures: number;
    readonly lastDoneMs: number;
  }): void;
  /** Log lines that the engine has committed, by protocol. */
  linesReceived(protocol: string, count: number): void;
  /** Spans that the engine has committed, by protocol. */
  spansReceived(protocol: string, count: number): void;
  /** Secrets and personal data that were taken out of what came in, by the rule that found them. */
  masked(rule: string, count: number): void;
  queried(kind: "instant" | "range" | "series" | "labels", outcome: Outcome, seconds: number): void;
  ruleGroupEvaluated(group: string, outcome: Outcome, seconds: number): void;
  ruleGroupMissed(group: string, count: number): void;
  notified(integration: string, outcome: Outcome, seconds: number): void;
  httpAnswered(method: string, route: string, status: number, seconds: number): void;
  configLoaded(outcome: Outcome, at: number): void;
}

const FAST = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SLOW = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Makes the metrics in a registry of their own, with the process's defaults. `version` becomes a label. */
export function createSelfMetrics(version: string): SelfMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <Name extends string>(name: string, help: string, labelNames: readonly Name[]) =>
    new Counter({ name: `seaworthy_${name}`, help, labelNames, registers });
  const histogram = <Name extends string>(
    name: string,
    help: string,
    labelNames: readonly Name[],
    buckets: number[],
  ) => new Histogram({ name: `seaworthy_${name}`, help, labelNames, buckets, registers });
  const gauge = <Name extends string>(name: string, help: string, labelNames: readonly Name[]) =>
    new Gauge({ name: `seaworthy_${name}`, help, labelNames, registers });

  gauge("build_info", "Always 1; the version is in the label.", ["version"]).set({ version }, 1);
  const dropped = counter("dropped_total", "Things that were lost, by what and why.", [
    "subject",
    "reason",
  ]);
  const scrapes = counter("scrapes_total", "Scrapes that ended.", ["job", "outcome"]);
  const scrapeSeconds = histogram(
    "scrape_seconds",
    "From the request to the last sample understood.",
    ["job"],
    FAST,
  );
  const scrapedSamples = counter("scraped_samples_total", "Samples in scraped bodies.", ["job"]);
  const missedScrapes = counter(
    "scrapes_missed_total",
    "Scrapes left out because the one before was still at work.",
    ["job"],
  );
  const targetCount = gauge("targets", "Scrape targets by health.", ["job", "health"]);
  const discoveries = counter("discoveries_total", "Looks for scrape targets.", [
    "mechanism",
    "outcome",
  ]);
  const written = counter("samples_written_total", "Samples that the engine has committed.", []);
  const writeSeconds = histogram(
    "samples_write_seconds",
    "From handing a batch to the engine to its commit.",
    [],
    FAST,
  );
  const lines = counter("log_lines_received_total", "Log lines that were stored.", ["protocol"]);
  const spans = counter("spans_received_total", "Spans that were stored.", ["protocol"]);
  const masked = counter("masked_total", "Secrets and personal data that were masked.", ["rule"]);
  const querySeconds = histogram("query_seconds", "Metric queries.", ["kind", "outcome"], SLOW);
  const ruleSeconds = histogram(
    "rule_group_evaluation_seconds",
    "Evaluations of rule groups.",
    ["group", "outcome"],
    FAST,
  );
  const missedRules = counter(
    "rule_group_evaluations_missed_total",
    "Evaluations left out because the one before was still at work.",
    ["group"],
  );
  const notifySeconds = histogram(
    "notification_seconds",
    "Attempts to deliver a notification.",
    ["integration", "outcome"],
    SLOW,
  );
  const httpSeconds = histogram(
    "http_request_seconds",
    "Requests answered.",
    ["method", "route", "status"],
    FAST,
  );
  const configOk = gauge("config_last_load_successful", "1 if the last load succeeded.", []);
  const configAt = gauge(
    "config_last_load_success_timestamp_seconds",
    "When a configuration was last taken into use.",
    [],
  );

  const disk = (signal: string) => ({
    used: gauge(`${signal}_disk_bytes`, `What stored ${signal} take of the disk.`, []),
    budget: gauge(
      `${signal}_disk_budget_bytes`,
      `What stored ${signal} may take of the disk, where there is a bound.`,
      [],
    ),
  });
  const disks = { metrics: disk("metrics"), logs: disk("logs"), traces: disk("traces") };

  const recentBytes = gauge(
    "recent_samples_bytes",
    "Memory of the newest samples, which are answered without the engine.",
    [],
  );
  const recentFrom = gauge(
    "recent_samples_from_timestamp_seconds",
    "From when on all samples are in memory.",
    [],
  );

  const downsamplingPending = gauge(
    "downsampling_pending",
    "Days of samples that are old enough for windows and have none, or older ones than their samples.",
    [],
  );
  const downsamplingDays = counter(
    "downsampling_done_total",
    "Days of which windows were made.",
    [],
  );
  const downsamplingFailures = counter(
    "downsampling_failures_total",
    "Runs of the downsampling that failed; each is tried again.",
    [],
  );
  const downsamplingAt = gauge(
    "downsampling_last_complete_timestamp_seconds",
    "When nothing was left to be downsampled.",
    [],
  );
  let downsampled = { daysDone: 0, failures: 0 };

  return {
    registry,
    downsampled({ pendingDays, daysDone, failures, lastDoneMs }) {
      downsamplingPending.set(pendingDays);
      downsamplingDays.inc(daysDone - downsampled.daysDone);
      downsamplingFailures.inc(failures - downsampled.failures);
      if (lastDoneMs > 0) downsamplingAt.set(lastDoneMs / 1000);
      downsampled = { daysDone, failures };
    },
    remembered({ bytes, fromMs }) {
      recentBytes.set(bytes);
      recentFrom.set(fromMs / 1000);
    },
    diskUsed(signal, { usedBytes, budgetBytes }) {
      disks[signal].used.set(usedBytes);
      if (budgetBytes !== undefined) disks[signal].budget.set(budgetBytes);
    },
    dropped(subject, reason, count) {
      if (count > 0) dropped.inc({ subject, reason }, count);
    },
    scraped(job, outcome, seconds, samples) {
      scrapes.inc({ job, outcome });
      scrapeSeconds.observe({ job }, seconds);
      scrapedSamples.inc({ job }, samples);
    },
    scrapesMissed: (job, count) => missedScrapes.inc({ job }, count),
    targets(job, up, down) {
      targetCount.set({ job, health: "up" }, up);
      targetCount.set({ job, health: "down" }, down);
    },
    discovered: (mechanism, outcome) => discoveries.inc({ mechanism, outcome }),
    samplesWritten(count, seconds) {
      written.inc(count);
      writeSeconds.observe(seconds);
    },
    linesReceived: (protocol, count) => lines.inc({ protocol }, count),
    spansReceived: (protocol, count) => spans.inc({ protocol }, count),
    masked: (rule, count) => masked.inc({ rule }, count),
    queried: (kind, outcome, seconds) => querySeconds.observe({ kind, outcome }, seconds),
    ruleGroupEvaluated: (group, outcome, seconds) =>
      ruleSeconds.observe({ group, outcome }, seconds),
    ruleGroupMissed: (group, count) => missedRules.inc({ group }, count),
    notified: (integration, outcome, seconds) =>
      notifySeconds.observe({ integration, outcome }, seconds),
    httpAnswered: (method, route, status, seconds) =>
      httpSeconds.observe({ method, route, status: String(status) }, seconds),
    configLoaded(outcome, at) {
      configOk.set(outcome === "ok" ? 1 : 0);
      if (outcome === "ok") configAt.set(at / 1000);
    },
  };
}
