export type { SeriesRequest } from "./metrics/catalogue.ts";
export { createMetricsQuery } from "./metrics/metrics-query.ts";
export type { AskOptions, MetricsQuery } from "./metrics/metrics-query.ts";
