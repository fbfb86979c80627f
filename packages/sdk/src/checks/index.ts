/**
 * `@seaworthy/sdk/checks`: ready-made health checks for `kit.health.check(name, check)`. They take the
 * client that the application has; none of them brings a driver.
 */
export { mysql, postgres, redis } from "./databases.ts";
export { http, type HttpCheckOptions } from "./http.ts";
export { folder, s3, type S3Options } from "./storage.ts";
export { disk, eventLoop, memory, type DiskOptions, type MemoryOptions } from "./resources.ts";
export { backlog } from "./backlog.ts";
export type { Levels } from "./levels.ts";
