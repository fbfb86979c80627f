export { AdmissionError, createAdmission } from "./admit.ts";
export type { Admission, Share } from "./admit.ts";
export { loadPrometheusConfig } from "./scrape/config.ts";
export type { PrometheusConfig } from "./scrape/job.ts";
export { createScraper } from "./scrape/scraper.ts";
export type { InternalTarget, Scraper, ScraperOptions } from "./scrape/scraper.ts";
