/**
 * The tables of log lines, one step of the schema (see migrations.ts).
 *
 * `logs` is sorted by hour, service, stream and time: like lines lie together, which is what makes
 * them small, and the last minutes of everything are in few granules. The index is a Bloom filter over
 * all runs of five bytes of a granule's lines, by which a LIKE with five characters or more skips
 * granules. Measured on 2 M JSON lines of 237 bytes: a request id among all of them 8 ms instead of
 * 250; 4 bytes a line on disk; 2.4 µs a line on insert. The engine's inverted index took 54 bytes a
 * line and 2.3 µs, and 150 ms for the same (it must look through all words for a part of one).
 *
 * `batch` is by what a batch that is sent again is known (0: it is not), `received` when; `seq` keeps
 * the order of lines of one moment.
 */
export const LOG_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS logs (
    service LowCardinality(String),
    stream UInt64 CODEC(ZSTD(1)),
    time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    seq UInt32 CODEC(Delta(4), ZSTD(1)),
    level LowCardinality(String),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    line String CODEC(ZSTD(3)),
    metadata Map(String, String) CODEC(ZSTD(1)),
    received DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    batch UInt64 CODEC(ZSTD(1)),
    INDEX grams line TYPE ngrambf_v1(5, 32768, 1, 0) GRANULARITY 1,
    INDEX traces trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX arrivals received TYPE minmax GRANULARITY 1
  ) ENGINE = MergeTree
  PARTITION BY toDate(time)
  ORDER BY (toStartOfHour(time), service, stream, time)
  SETTINGS ttl_only_drop_parts = 1`,
  `CREATE TABLE IF NOT EXISTS log_streams (
    day Date,
    stream UInt64 CODEC(ZSTD(1)),
    labels Map(String, String) CODEC(ZSTD(1))
  ) ENGINE = ReplacingMergeTree
  PARTITION BY day
  ORDER BY stream
  SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1`,
];

/**
 * Lines and bytes of each minute, by all that a question may group by without looking at lines: how
 * many there were over a day is then answered of some thousand rows. The engine makes and merges it
 * with each part of the table, and counts lines where an older part has none: it is exact, and what was
 * stored before is counted as before. `mapKeys(metadata)` and the like tell whether a line had a label
 * of its own under a name; what just fell on a minute is told apart because windows of LogQL end with
 * their last moment. The query must be written as here (query/logs/minute-counts.ts).
 */
export const LOG_COUNTS: readonly string[] = [
  `ALTER TABLE logs ADD PROJECTION IF NOT EXISTS minutes (
    SELECT toStartOfMinute(time), service, stream, level,
      toUnixTimestamp64Nano(time) % 60000000000 = 0, mapKeys(metadata), notEmpty(trace_id), notEmpty(span_id),
      count(), sum(length(line))
    GROUP BY toStartOfMinute(time), service, stream, level,
      toUnixTimestamp64Nano(time) % 60000000000 = 0, mapKeys(metadata), notEmpty(trace_id), notEmpty(span_id)
  )`,
];

/**
 * Which lines hold which word, a run of five letters or more: a text of as many letters is in a line
 * exactly if it is in one of its words (query/logs/line-words.ts). Of the engine's inverted index the
 * ids are left out, which made it 54 bytes a line: 1.5 bytes, 2.2 µs a line on insert, 0.2 to merge.
 * What older parts hold is read as before. For the engine of this process alone: servers from 25.6 on
 * are served, which have no such index.
 */
export const LOG_WORDS =
  "ALTER TABLE logs ADD INDEX IF NOT EXISTS words extractAll(line, '[A-Za-z]{5,}') TYPE text(tokenizer = 'array')";

/**
 * Parts below 128 MiB have all columns in one file. Of larger ones each column has buffers of its own,
 * which for 50,000 JSON lines of two days took the engine 600 MiB to insert, more than a statement may
 * have; so it takes 200.
 */
export const LOG_PARTS: readonly string[] = [
  "ALTER TABLE logs MODIFY SETTING min_bytes_for_wide_part = 134217728",
];
