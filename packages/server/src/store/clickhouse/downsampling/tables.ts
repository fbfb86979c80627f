/** One of the coarser resolutions in which old samples are kept. */
export interface Resolution {
  /** As people write it. */
  readonly name: "5m" | "1h";
  readonly ms: number;
  /** The tables of its windows of floats, and of the histograms that it keeps. */
  readonly windows: string;
  readonly histograms: string;
}

export const FIVE_MINUTES: Resolution = {
  name: "5m",
  ms: 300_000,
  windows: "windows_5m",
  histograms: "histograms_5m",
};
export const ONE_HOUR: Resolution = {
  name: "1h",
  ms: 3_600_000,
  windows: "windows_1h",
  histograms: "histograms_1h",
};
export const RESOLUTIONS = [FIVE_MINUTES, ONE_HOUR] as const;

/**
 * A window is open to the left as PromQL's are: `(start, start + resolution]`. Its row says of the
 * floats in it what PromQL's functions need to be right: how many, the first and the last with their
 * times, the sum, the extremes, and of counters what resets took away. `stale`: the series had ended
 * by the end of the window. A window that is written again wins by its version.
 */
function windows(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (
    family UInt32 CODEC(Delta, ZSTD(1)),
    series UInt64 CODEC(Delta, ZSTD(1)),
    start DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    version UInt64 CODEC(ZSTD(1)),
    samples UInt32 CODEC(ZSTD(1)),
    first_time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    last_time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    first Float64 CODEC(Delta, ZSTD(1)),
    last Float64 CODEC(Delta, ZSTD(1)),
    lost Float64 CODEC(ZSTD(1)),
    sum Float64 CODEC(Delta, ZSTD(1)),
    low Float64 CODEC(Delta, ZSTD(1)),
    high Float64 CODEC(Delta, ZSTD(1)),
    resets UInt32 CODEC(ZSTD(1)),
    changes UInt32 CODEC(ZSTD(1)),
    stale UInt8 CODEC(ZSTD(1))
  ) ENGINE = ReplacingMergeTree(version)
  PARTITION BY toDate(start)
  ORDER BY (family, series, start)
  SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1`;
}

/**
 * Native histograms that are kept are samples as they came: of each window the first and the last,
 * and both sides of every reset.
 */
function histograms(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (
    family UInt32 CODEC(Delta, ZSTD(1)),
    series UInt64 CODEC(Delta, ZSTD(1)),
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    schema Int8 CODEC(ZSTD(1)),
    flags UInt8 CODEC(ZSTD(1)),
    count Float64 CODEC(Gorilla, ZSTD(1)),
    sum Float64 CODEC(Gorilla, ZSTD(1)),
    zero_threshold Float64 CODEC(ZSTD(1)),
    zero_count Float64 CODEC(Gorilla, ZSTD(1)),
    positive_indexes Array(Int32) CODEC(Delta, ZSTD(1)),
    positive_counts Array(Float64) CODEC(ZSTD(1)),
    negative_indexes Array(Int32) CODEC(Delta, ZSTD(1)),
    negative_counts Array(Float64) CODEC(ZSTD(1)),
    bounds Array(Float64) CODEC(ZSTD(1))
  ) ENGINE = ReplacingMergeTree
  PARTITION BY toDate(time)
  ORDER BY (family, series, time)
  SETTINGS index_granularity = 256, ttl_only_drop_parts = 1`;
}

/**
 * Days whose windows are written, with the state of the raw samples that they were made of: where it
 * has changed since, samples came late, and the day is done again.
 */
const DAYS = `CREATE TABLE IF NOT EXISTS downsampled_days (
    day Date,
    version UInt64,
    source UInt64
  ) ENGINE = ReplacingMergeTree(version)
  PARTITION BY day
  ORDER BY day
  SETTINGS ttl_only_drop_parts = 1`;

/** The step of the schema that brings them all. */
export const DOWNSAMPLING_TABLES: readonly string[] = [
  ...RESOLUTIONS.map((resolution) => windows(resolution.windows)),
  ...RESOLUTIONS.map((resolution) => histograms(resolution.histograms)),
  DAYS,
];
