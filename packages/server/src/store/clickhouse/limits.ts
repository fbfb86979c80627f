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
  /** Threads of one statement. */
  readonly threads: number;
  /** The least time from one commit of samples to the next, ms: what comes meanwhile goes together. */
  readonly commitEveryMs: number;
  /** Samples that may wait for a commit; beyond, writers are refused. */
  readonly maxWaitingSamples: number;
  /** Samples of one commit. */
  readonly maxCommitSamples: number;
  /** Series whose ids are remembered, so that they are not announced again. */
  readonly maxKnownSeries: number;
  /** How long samples are kept, days. */
  readonly retentionDays: number;
}

export const defaultTelemetryLimits: TelemetryLimits = {
  memoryBytes: 1 << 30,
  statementMemoryBytes: 400 << 20,
  cacheBytes: 16 << 20,
  statementMs: 30_000,
  readers: 3,
  threads: 2,
  commitEveryMs: 100,
  maxWaitingSamples: 1_000_000,
  maxCommitSamples: 250_000,
  maxKnownSeries: 200_000,
  retentionDays: 30,
};
