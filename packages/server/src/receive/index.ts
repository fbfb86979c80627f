export { loadPrometheusConfig } from "./scrape/config.ts";
export type { PrometheusConfig } from "./scrape/job.ts";
export { createScraper } from "./scrape/scraper.ts";
export type { Scraper, ScraperOptions } from "./scrape/scraper.ts";
export { createPushReceivers } from "./push/receivers.ts";
export type { PushReceivers } from "./push/receivers.ts";
export { ProtobufError, ProtoReader, tagOf, WIRE } from "./protobuf.ts";
export { SnappyError, uncompressBlock } from "./snappy.ts";
