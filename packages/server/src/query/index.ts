export type { Limited, SeriesRequest } from "./metrics/catalogue.ts";
export { createMetricsQuery, defaultQueryLimits } from "./metrics/metrics-query.ts";
export type { AskOptions, MetricsQuery, QueryLimits } from "./metrics/metrics-query.ts";
