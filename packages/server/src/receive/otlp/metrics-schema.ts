import { attributesAs } from "./attribute-list.ts";
import {
  bool,
  double,
  fixedInt64,
  fixedUint64,
  hex,
  many,
  maybe,
  message,
  nanoseconds,
  one,
  sint32,
  text,
  uint32,
  uint64,
} from "./schema.ts";
import type { Read } from "./schema.ts";

// opentelemetry/proto/metrics/v1/metrics.proto, as of 1.9; what nothing here reads is left out.

const attributes = attributesAs(7);

const exemplar = message({
  filteredAttributes: attributes,
  timeUnixNano: one(2, nanoseconds),
  asDouble: maybe(3, double),
  spanId: one(4, hex),
  traceId: one(5, hex),
  asInt: maybe(6, fixedInt64),
});

const numberDataPoint = message({
  startTimeUnixNano: one(2, nanoseconds),
  timeUnixNano: one(3, nanoseconds),
  asDouble: maybe(4, double),
  exemplars: many(5, exemplar),
  asInt: maybe(6, fixedInt64),
  attributes,
  flags: one(8, uint32),
});

const histogramDataPoint = message({
  startTimeUnixNano: one(2, nanoseconds),
  timeUnixNano: one(3, nanoseconds),
  count: one(4, fixedUint64),
  sum: maybe(5, double),
  bucketCounts: many(6, fixedUint64),
  explicitBounds: many(7, double),
  exemplars: many(8, exemplar),
  attributes: attributesAs(9),
  flags: one(10, uint32),
});

const buckets = message({ offset: one(1, sint32), bucketCounts: many(2, uint64) });

const exponentialDataPoint = message({
  attributes: attributesAs(1),
  startTimeUnixNano: one(2, nanoseconds),
  timeUnixNano: one(3, nanoseconds),
  count: one(4, fixedUint64),
  sum: maybe(5, double),
  scale: one(6, sint32),
  zeroCount: one(7, fixedUint64),
  positive: one(8, buckets),
  negative: one(9, buckets),
  flags: one(10, uint32),
  exemplars: many(11, exemplar),
  zeroThreshold: one(14, double),
});

const summaryDataPoint = message({
  startTimeUnixNano: one(2, nanoseconds),
  timeUnixNano: one(3, nanoseconds),
  count: one(4, fixedUint64),
  sum: one(5, double),
  quantileValues: many(6, message({ quantile: one(1, double), value: one(2, double) })),
  attributes,
  flags: one(8, uint32),
});

const metric = message({
  name: one(1, text),
  description: one(2, text),
  unit: one(3, text),
  gauge: maybe(5, message({ dataPoints: many(1, numberDataPoint) })),
  sum: maybe(
    7,
    message({
      dataPoints: many(1, numberDataPoint),
      aggregationTemporality: one(2, uint32),
      isMonotonic: one(3, bool),
    }),
  ),
  histogram: maybe(
    9,
    message({ dataPoints: many(1, histogramDataPoint), aggregationTemporality: one(2, uint32) }),
  ),
  exponentialHistogram: maybe(
    10,
    message({ dataPoints: many(1, exponentialDataPoint), aggregationTemporality: one(2, uint32) }),
  ),
  summary: maybe(11, message({ dataPoints: many(1, summaryDataPoint) })),
});

const scope = message({
  name: one(1, text),
  version: one(2, text),
  attributes: attributesAs(3),
});

const scopeMetrics = message({
  scope: one(1, scope),
  metrics: many(2, metric),
  schemaUrl: one(3, text),
});

const resourceMetrics = message({
  resource: one(1, message({ attributes: attributesAs(1) })),
  scopeMetrics: many(2, scopeMetrics),
});

/** `ExportMetricsServiceRequest`. */
export const exportMetricsRequest = message({ resourceMetrics: many(1, resourceMetrics) });

export type ResourceMetrics = Read<typeof resourceMetrics>;
export type ScopeMetrics = Read<typeof scopeMetrics>;
export type Metric = Read<typeof metric>;
export type NumberDataPoint = Read<typeof numberDataPoint>;
export type HistogramDataPoint = Read<typeof histogramDataPoint>;
export type ExponentialDataPoint = Read<typeof exponentialDataPoint>;
export type SummaryDataPoint = Read<typeof summaryDataPoint>;
export type OtlpExemplar = Read<typeof exemplar>;

/** Values of AggregationTemporality. */
export const DELTA = 1;
export const CUMULATIVE = 2;

/** A point's flag: nothing was recorded, the series has ended. */
export const NO_RECORDED_VALUE = 1;
