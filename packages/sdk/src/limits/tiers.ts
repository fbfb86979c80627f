import { knownOptions, type OptionNames } from "../known-options.ts";

/** Who shares a quota: callers of one address, or what `identify` returns. */
export type PartitionBy = "ip" | "user" | "key";

/**
 * What happens to requests while the store does not answer: they pass (`open`), they are refused with
 * 503 (`closed`), or they are counted in each process's own memory (`local`).
 */
export type OnStoreFailure = "open" | "closed" | "local";

export interface Tier {
  /** Requests in a window, 1 to 10000. */
  readonly limit: number;
  /** Length of the sliding window, in whole seconds, up to a day. */
  readonly windowSeconds: number;
  /** Default: "ip". */
  readonly by?: PartitionBy;
  /** Default: "open". */
  readonly onStoreFailure?: OnStoreFailure;
}

const tierNames: OptionNames<Tier> = {
  limit: true,
  windowSeconds: true,
  by: true,
  onStoreFailure: true,
};

/** A tier with all that it needs. */
export type ResolvedTier = Required<Tier> & {
  readonly name: string;
  /** What `RateLimit-Policy` says of it. */
  readonly policy: string;
};

/** The tiers that are there without being told. */
export const standardTiers = {
  standard: { limit: 100, windowSeconds: 60 },
  // Guessing passwords must not become free because Redis is down.
  auth: { limit: 10, windowSeconds: 15 * 60, onStoreFailure: "closed" },
  webhook: { limit: 500, windowSeconds: 60 },
} as const satisfies Record<string, Tier>;

const maxLimit = 10_000;
const maxWindowSeconds = 86_400;

/**
 * Checks a tier and fills in its defaults.
 *
 * @throws an Error that names the tier and what is wrong with it: a limit that is not what its author
 * meant must not go unseen.
 */
export function resolveTier(name: string, tier: Tier): ResolvedTier {
  const wrong = (what: string) => new Error(`rate limit tier ${JSON.stringify(name)}: ${what}`);
  // The name stands in headers and keys.
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name))
    throw wrong("a name has 1 to 64 letters, digits, - and _");
  knownOptions(`rate limit tier ${JSON.stringify(name)}`, tier, tierNames);
  const { limit, windowSeconds, by = "ip", onStoreFailure = "open" } = tier;
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit)
    throw wrong(`limit must be a whole number from 1 to ${maxLimit}`);
  if (!Number.isInteger(windowSeconds) || windowSeconds < 1 || windowSeconds > maxWindowSeconds)
    throw wrong(`windowSeconds must be a whole number from 1 to ${maxWindowSeconds}`);
  if (!["ip", "user", "key"].includes(by)) throw wrong('by must be "ip", "user" or "key"');
  if (!["open", "closed", "local"].includes(onStoreFailure))
    throw wrong('onStoreFailure must be "open", "closed" or "local"');
  const policy = `"${name}";q=${limit};w=${windowSeconds}`;
  return { name, limit, windowSeconds, by, onStoreFailure, policy };
}
