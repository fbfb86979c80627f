/**
 * The tables of spans, one step of the schema (see migrations.ts).
 *
 * `spans` is sorted by hour, service, name and time: like spans lie together, which makes them small,
 * and "the slow calls of this operation" is few granules. A trace is found by `trace_times`, which
 * tells from when to when it lasts, and then by the index over ids within that time.
 *
 * Events and links are JSON: they are read with their span and searched by nobody else. `batch` and
 * `received` as in the table `logs`.
 */
export const SPAN_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS spans (
    service LowCardinality(String),
    name LowCardinality(String),
    time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    duration UInt64 CODEC(ZSTD(1)),
    kind LowCardinality(String),
    status LowCardinality(String),
    status_message String CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    parent_id String CODEC(ZSTD(1)),
    scope LowCardinality(String),
    resource Map(String, String) CODEC(ZSTD(1)),
    attributes Map(String, String) CODEC(ZSTD(1)),
    events String CODEC(ZSTD(3)),
    links String CODEC(ZSTD(3)),
    received DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    batch UInt64 CODEC(ZSTD(1)),
    INDEX traces trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX values mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX durations duration TYPE minmax GRANULARITY 1,
    INDEX arrivals received TYPE minmax GRANULARITY 1
  ) ENGINE = MergeTree
  PARTITION BY toDate(time)
  ORDER BY (toStartOfHour(time), service, name, time)
  SETTINGS ttl_only_drop_parts = 1`,
  `CREATE TABLE IF NOT EXISTS trace_times (
    day Date,
    trace_id String CODEC(ZSTD(1)),
    first SimpleAggregateFunction(min, DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1)),
    last SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1))
  ) ENGINE = AggregatingMergeTree
  PARTITION BY day
  ORDER BY trace_id
  SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1`,
];
