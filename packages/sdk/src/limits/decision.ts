import type { Answer } from "../http/answer.ts";
import type { Taken } from "./store.ts";
import type { ResolvedTier } from "./tiers.ts";

/** What is to be done with a request. */
export interface Decision {
  readonly tier: string;
  readonly allowed: boolean;
  /**
   * `RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers (from version 8 on)
   * defines them, to be set on the answer, whoever gives it.
   */
  readonly headers: Readonly<Record<string, string>>;
  /** The answer to a request that is not allowed: problem details (RFC 9457). */
  readonly refusal?: Answer;
}

/** The decision when the store answered. */
export function decided(tier: ResolvedTier, taken: Taken): Decision {
  // Rounded up: a client that comes back after so many seconds must not come too early.
  const seconds = Math.ceil(taken.resetMs / 1000);
  const headers = {
    "ratelimit-policy": tier.policy,
    ratelimit: `"${tier.name}";r=${taken.remaining};t=${seconds}`,
  };
  if (taken.allowed) return { tier: tier.name, allowed: true, headers };
  const retryAfter = String(Math.max(1, seconds));
  return {
    tier: tier.name,
    allowed: false,
    headers: { ...headers, "retry-after": retryAfter },
    refusal: problem(429, "quota-exceeded", "Too many requests", tier, retryAfter),
  };
}

/** The decision of a tier that lets requests pass, or refuses them, while the store is away. */
export function decidedWithoutStore(tier: ResolvedTier, allowed: boolean): Decision {
  const headers = { "ratelimit-policy": tier.policy };
  if (allowed) return { tier: tier.name, allowed, headers };
  return {
    tier: tier.name,
    allowed,
    headers: { ...headers, "retry-after": "1" },
    refusal: problem(
      503,
      "temporary-reduced-capacity",
      "The service cannot take this request now",
      tier,
      "1",
    ),
  };
}

function problem(
  status: number,
  type: string,
  title: string,
  tier: ResolvedTier,
  retryAfter: string,
): Answer {
  return {
    status,
    headers: { "content-type": "application/problem+json" },
    body: JSON.stringify({
      type: `https://iana.org/assignments/http-problem-types#${type}`,
      title,
      status,
      detail: `Try again in ${retryAfter} s.`,
      "violated-policies": [tier.name],
    }),
  };
}
