export type { Cardinality, CardinalityRequest } from "./metrics/cardinality.ts";
export type { SeriesRequest } from "./metrics/catalogue.ts";
export { createMetricsQuery } from "./metrics/metrics-query.ts";
export type { AskOptions, MetricsQuery } from "./metrics/metrics-query.ts";
export { createLogsQuery } from "./logs/logs-query.ts";
export type { LogsQuery } from "./logs/logs-query.ts";
export { detectFields } from "./logs/detected-fields.ts";
export { createLogTail } from "./logs/tail.ts";
export type { LogTail } from "./logs/tail.ts";
