export { loadPrometheusConfig } from "./scrape/config.ts";
export type { PrometheusConfig } from "./scrape/job.ts";
export { createScraper } from "./scrape/scraper.ts";
export type { Scraper, ScraperOptions } from "./scrape/scraper.ts";
