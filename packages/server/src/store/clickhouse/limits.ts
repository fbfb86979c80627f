/** What the metrics store may use. Every figure has its reason in docs beside the setting's name. */
export interface TelemetryLimits {
  /** Memory of the whole process, Node's heap too, at which the engine refuses work; bytes. */
  readonly memoryBytes: number;
  /** Memory of one statement, bytes. */
  readonly statementMemoryBytes: number;
  /** Each of the engine's caches of indexes, bytes. */
  readonly cacheBytes: number;
  /** Time of one statement, ms. */
  readonly statementMs: number;
  /** SELECTs that run at the same time; others wait. */
  readonly readers: number;
  /** Commits that run at the same time: samples do not wait for log lines to be indexed. */
  readonly writers: number;
  /** Threads of one statement. */
  readonly threads: number;
  /** The least time from one commit of samples to the next, ms: what comes meanwhile goes together. */
  readonly commitEveryMs: number;
  /** So many samples are committed without that wait: a full request of a Prometheus's has 2,000. */
  readonly fullCommitSamples: number;
  /** Samples that may wait for a commit; beyond, writers are refused. */
  readonly maxWaitingSamples: number;
  /** Samples of one commit. */
  readonly maxCommitSamples: number;
  /** Active series, those written in the last one to two hours; a new one beyond is refused. */
  readonly maxSeries: number;
  /** Memory of the newest float samples, two to four bytes each; bytes. */
  readonly recentBytes: number;
  /** How much older than the newest sample a sample may be, ms. */
  readonly outOfOrderMs: number;
  /** Whether a series begins with a zero at the time since when it counts, where its sender tells. */
  readonly startZeros: boolean;
  /** How long samples are kept, days. */
  readonly retentionDays: number;
  /** Whether old samples are kept at a coarser resolution as well. */
  readonly downsampling: boolean;
  /** The age of samples from which on windows of five minutes serve, and how long these are kept; days. */
  readonly fiveMinutesAfterDays: number;
  readonly fiveMinutesDays: number;
  /** The same of windows of an hour, days. */
  readonly hourAfterDays: number;
  readonly hourDays: number;
  /** Samples that one statement of downsampling works on; some 100 bytes of memory each. */
  readonly downsamplingPiece: number;
  /** What the metrics, the logs and the traces may take of the disk, bytes; beyond, the oldest day is dropped. */
  readonly diskBudgetBytes: number | undefined;
  readonly logDiskBudgetBytes: number | undefined;
  readonly traceDiskBudgetBytes: number | undefined;
  /** Log lines that may wait for a commit, and their bytes; beyond, writers are refused. */
  readonly maxWaitingLines: number;
  readonly maxWaitingLineBytes: number;
  /** Log lines of one commit, or spans, and their bytes: the engine needs about seven times these to store them. */
  readonly maxCommitLines: number;
  readonly maxCommitBytes: number;
  /** Streams of log lines whose ids are remembered, so that they are not announced again. */
  readonly maxKnownStreams: number;
  /** Batches of log lines, and of spans, that are remembered, to know them when they are sent again. */
  readonly maxKnownBatches: number;
  /** How far back batches are known again after a restart, s. */
  readonly knownBatchesSeconds: number;
  /** Spans that may wait for a commit, and about their bytes; beyond, writers are refused. */
  readonly maxWaitingSpans: number;
  readonly maxWaitingSpanBytes: number;
  /** Spans of one commit. */
  readonly maxCommitSpans: number;
  /** How long spans are kept, days. */
  readonly traceRetentionDays: number;
  /** How long log lines are kept, days. */
  readonly logRetentionDays: number;
  /** How long a ClickHouse server that is away is waited for by a statement, ms. */
  readonly awayMs: number;
}

export const defaultTelemetryLimits: TelemetryLimits = {
  memoryBytes: 1 << 30,
  statementMemoryBytes: 400 << 20,
  cacheBytes: 16 << 20,
  statementMs: 30_000,
  readers: 3,
  writers: 2,
  threads: 2,
  commitEveryMs: 100,
  fullCommitSamples: 2000,
  maxWaitingSamples: 1_000_000,
  maxCommitSamples: 250_000,
  maxSeries: 1_000_000,
  recentBytes: 96 << 20,
  outOfOrderMs: 30 * 86_400_000,
  startZeros: false,
  retentionDays: 30,
  downsampling: true,
  fiveMinutesAfterDays: 7,
  fiveMinutesDays: 90,
  hourAfterDays: 30,
  hourDays: 365,
  downsamplingPiece: 1_000_000,
  diskBudgetBytes: undefined,
  logDiskBudgetBytes: undefined,
  traceDiskBudgetBytes: undefined,
  maxWaitingLines: 200_000,
  maxWaitingLineBytes: 128 << 20,
  maxCommitLines: 50_000,
  maxCommitBytes: 24 << 20,
  maxKnownStreams: 200_000,
  maxKnownBatches: 100_000,
  knownBatchesSeconds: 3600,
  maxWaitingSpans: 200_000,
  maxWaitingSpanBytes: 128 << 20,
  maxCommitSpans: 50_000,
  traceRetentionDays: 30,
  logRetentionDays: 30,
  awayMs: 5000,
};
