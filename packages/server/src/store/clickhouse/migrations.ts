import { DOWNSAMPLING_TABLES } from "./downsampling/tables.ts";
import { LOG_JSON_FIELDS } from "./logs/json-fields.ts";
import { LOG_COUNTS, LOG_PARTS, LOG_TABLES } from "./logs/tables.ts";
import { SPAN_CALLS, SPAN_TABLES } from "./traces/tables.ts";

/**
 * The metrics' schema, as the steps that lead to it. A step is never changed once released; each
 * statement may run twice (the engine has no transactions, so a step can be cut off half-way).
 *
 * `samples` is sorted by metric, half hour, series and time. The half hour keeps "the last five
 * minutes of everything", which is what rules ask, in few granules; a month of one series is then
 * 1,440 places to read instead of 30. Measured on 10,000 series every 15 s for 12 h in one part: all
 * of the last 5 min 8 ms (88 ms sorted by series and time alone), one series for 12 h 7 ms (3 ms).
 * `family` is a hash of the metric's name and no more than a locality: series decide.
 * Samples that are sent twice collapse in merges; readers take one of each time.
 *
 * `series` holds one row a series and UTC day, so that a matcher for the last hour does not meet the
 * series of a month ago, and so that retention is dropping days.
 */
export const migrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE IF NOT EXISTS samples (
      family UInt32 CODEC(Delta, ZSTD(1)),
      series UInt64 CODEC(Delta, ZSTD(1)),
      time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
      value Float64 CODEC(Gorilla, ZSTD(1))
    ) ENGINE = ReplacingMergeTree
    PARTITION BY toDate(time)
    ORDER BY (family, toStartOfInterval(time, INTERVAL 30 MINUTE), series, time)
    SETTINGS index_granularity = 4096, ttl_only_drop_parts = 1`,
    `CREATE TABLE IF NOT EXISTS series (
      day Date,
      family UInt32 CODEC(Delta, ZSTD(1)),
      series UInt64 CODEC(Delta, ZSTD(1)),
      labels Map(String, String) CODEC(ZSTD(1))
    ) ENGINE = ReplacingMergeTree
    PARTITION BY day
    ORDER BY (family, series)
    SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1`,
    `CREATE TABLE IF NOT EXISTS metrics (
      metric String,
      type String,
      help String,
      unit String
    ) ENGINE = ReplacingMergeTree
    ORDER BY (metric, type, help, unit)`,
  ],
  // Native histograms and exemplars lie apart, so that floats are written and read as if there were
  // none. `histogram_families` tells which metrics have any, so that only they are looked for.
  [
    `CREATE TABLE IF NOT EXISTS histograms (
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
    ORDER BY (family, toStartOfInterval(time, INTERVAL 30 MINUTE), series, time)
    SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1`,
    `CREATE TABLE IF NOT EXISTS histogram_families (
      day Date,
      family UInt32
    ) ENGINE = ReplacingMergeTree
    PARTITION BY day
    ORDER BY family
    SETTINGS ttl_only_drop_parts = 1`,
    `CREATE TABLE IF NOT EXISTS exemplars (
      family UInt32 CODEC(Delta, ZSTD(1)),
      series UInt64 CODEC(Delta, ZSTD(1)),
      time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
      value Float64 CODEC(ZSTD(1)),
      labels Map(String, String) CODEC(ZSTD(1))
    ) ENGINE = ReplacingMergeTree
    PARTITION BY toDate(time)
    ORDER BY (family, series, time, value)
    SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1`,
  ],
  LOG_TABLES,
  // Differences of the floats' bits, which ZSTD then finds small or alike, where counters and slow
  // gauges have them: 1.10 bytes instead of 1.67 a value of counters, 2.34 instead of 3.00 of gauges.
  ["ALTER TABLE samples MODIFY COLUMN value Float64 CODEC(Delta, ZSTD(1))"],
  SPAN_TABLES,
  DOWNSAMPLING_TABLES,
  // Within a part, the engine does not find the half hour of the sort key: it names the constant of
  // the interval differently in the key and in a condition. One hour of one metric read 765 granules,
  // with the times of each granule at hand 94. What is there already gets its index by merges.
  [
    "ALTER TABLE samples ADD INDEX IF NOT EXISTS times time TYPE minmax GRANULARITY 1",
    "ALTER TABLE histograms ADD INDEX IF NOT EXISTS times time TYPE minmax GRANULARITY 1",
  ],
  // Small parts are merged ten at a time instead of five: of requests of 2,000 samples, which a sender
  // over one connection has committed one by one, merges took two thirds of the engine's work (13.7 ms
  // of user time a commit, now 7.0; without any merge 3.4). The parts are soon as few as before.
  ["ALTER TABLE samples MODIFY SETTING merge_selector_base = 10"],
  LOG_COUNTS,
  SPAN_CALLS,
  LOG_JSON_FIELDS,
  LOG_PARTS,
];
