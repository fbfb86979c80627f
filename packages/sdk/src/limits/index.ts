/** `@seaworthy/sdk/limits`: rate limits by tier, counted in memory or in Redis. */
export type { Decision } from "./decision.ts";
export { MemoryStore, type MemoryStoreOptions } from "./memory-store.ts";
export { RateLimits, type RateLimitsOptions } from "./rate-limits.ts";
export { RedisStore, type RedisStoreOptions } from "./redis-store.ts";
export type { LimitStore, Taken } from "./store.ts";
export type { OnStoreFailure, PartitionBy, Tier } from "./tiers.ts";
