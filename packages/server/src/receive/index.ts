export { loadPrometheusConfig } from "./scrape/config.ts";
export type { PrometheusConfig } from "./scrape/job.ts";
