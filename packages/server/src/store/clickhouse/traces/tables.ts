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

/** What a call goes to that sends no spans, by the names of OpenTelemetry's conventions, old and new. */
const PEERS = [
  "peer.service",
  "db.namespace",
  "db.name",
  "db.system.name",
  "db.system",
  "messaging.destination.name",
  "messaging.system",
  "server.address",
  "net.peer.name",
];
const PEER = `coalesce(${PEERS.map((name) => `nullIf(attributes['${name}'], '')`).join(", ")}, '')`;

/**
 * What the service map and the ranking of operations ask for. The engine computes the columns when spans
 * are stored, and of what was stored before when it is asked for: nothing has to be filled in.
 *
 * `call` is the same of the two spans of a call, 0 of spans that are none: a hash of the calling span's
 * id (64 random bits are enough to put two together, and half of what the text takes).
 *
 * The projection holds the figures of each hour; of parts that have none, spans are read. The query must
 * be written as here (query/traces/hour-figures.ts).
 */
export const SPAN_CALLS: readonly string[] = [
  `ALTER TABLE spans ADD COLUMN IF NOT EXISTS call UInt64 MATERIALIZED
    multiIf(kind IN ('client', 'producer'), cityHash64(span_id), kind IN ('server', 'consumer') AND parent_id != '', cityHash64(parent_id), 0) CODEC(ZSTD(1))`,
  `ALTER TABLE spans ADD COLUMN IF NOT EXISTS peer LowCardinality(String) MATERIALIZED
    if(kind IN ('client', 'producer'), ${PEER}, '')`,
  `ALTER TABLE spans ADD COLUMN IF NOT EXISTS peer_kind LowCardinality(String) MATERIALIZED
    multiIf(mapContains(attributes, 'db.system') OR mapContains(attributes, 'db.system.name'), 'database', kind = 'producer' OR mapContains(attributes, 'messaging.system'), 'queue', 'outside')`,
  `ALTER TABLE spans ADD PROJECTION IF NOT EXISTS hours (
    SELECT toStartOfHour(time), service, name, kind, status, parent_id = '',
      count(), sum(duration), quantilesTDigestState(0.5, 0.95, 0.99)(duration)
    GROUP BY toStartOfHour(time), service, name, kind, status, parent_id = ''
  )`,
];
