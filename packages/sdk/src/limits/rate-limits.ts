import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import { clientAddress, Networks } from "../http/networks.ts";
import type { Kit } from "../kit.ts";
import { knownOptions, type OptionNames } from "../known-options.ts";
import { respond } from "../respond.ts";
import { GuardedStore } from "./breaker.ts";
import { decided, decidedWithoutStore, type Decision } from "./decision.ts";
import { MemoryStore } from "./memory-store.ts";
import type { LimitStore, Taken } from "./store.ts";
import { resolveTier, standardTiers, type ResolvedTier, type Tier } from "./tiers.ts";

/** What names a user or a key. */
type Identity = string | number | bigint;

export interface RateLimitsOptions<R> {
  /** Tiers of your own, and other numbers for `standard`, `auth` and `webhook`. */
  readonly tiers?: Readonly<Record<string, Tier>>;
  /** Where requests are counted. Default: this process's memory. */
  readonly store?: LimitStore;
  /**
   * The proxies in front of the service, as addresses, networks, `loopback` or `private`; only their
   * `X-Forwarded-For` is believed. Default: none, the connection's address is the caller's.
   */
  readonly trustedProxies?: readonly string[];
  /**
   * Who sent the framework's request, for tiers by user or by key. Return only what has been verified
   * before, or callers invent identities; undefined counts by address. Both answer at once: who asks
   * somebody does so before, and leaves the answer on the request.
   */
  readonly identify?: {
    readonly user?: (request: R) => Identity | null | undefined;
    readonly key?: (request: R) => Identity | null | undefined;
  };
  /** Milliseconds that the store may take for one request. Default: 100. */
  readonly storeTimeoutMs?: number;
  /** Milliseconds for which a store that failed is left alone. Default: 1000. */
  readonly storePauseMs?: number;
  /** Counts `rate_limit_decisions_total{tier,outcome}` and logs failures of the store. */
  readonly kit?: Pick<Kit, "counter" | "logger">;
}

type Outcome = "allowed" | "limited" | "store_failed";

/** What the Fastify hook needs of a request and a reply. */
interface HookRequest {
  readonly raw: IncomingMessage;
}
interface HookReply {
  readonly raw: { readonly headersSent: boolean };
  header(name: string, value: string): unknown;
  getHeader(name: string): unknown;
  code(status: number): unknown;
  send(body: string): unknown;
}

const optionNames: OptionNames<RateLimitsOptions<unknown>> = {
  tiers: true,
  store: true,
  trustedProxies: true,
  identify: true,
  storeTimeoutMs: true,
  storePauseMs: true,
  kit: true,
};
const identifyNames: OptionNames<NonNullable<RateLimitsOptions<unknown>["identify"]>> = {
  user: true,
  key: true,
};

const quietMs = 60_000;
/** Longest name of a caller that is a key in memory as it stands, in UTF-16 units. */
const maxPlainPartition = 64;

/**
 * Limits by tiers; see docs/sdk.md. Throws when it is made wrongly, or with a tier that does not
 * exist; never while it serves.
 */
export class RateLimits<R = IncomingMessage> {
  readonly #tiers = new Map<string, ResolvedTier>();
  /** Undefined when requests are counted in memory, which neither fails nor hangs. */
  readonly #store: GuardedStore | undefined;
  readonly #local = new MemoryStore();
  readonly #proxies: Networks | undefined;
  readonly #options: RateLimitsOptions<R>;
  readonly #outcomes = new Map<ResolvedTier, { [outcome in Outcome]?: { add(): void } }>();
  #toldAt = Number.NEGATIVE_INFINITY;

  /** @throws an Error that names the option, tier or network that is wrong. */
  constructor(options: RateLimitsOptions<R> = {}) {
    knownOptions("rate limits", options, optionNames as OptionNames<RateLimitsOptions<R>>);
    knownOptions("rate limits: identify", options.identify ?? {}, identifyNames);
    this.#options = options;
    for (const [name, tier] of Object.entries({ ...standardTiers, ...options.tiers })) {
      const resolved = resolveTier(name, tier);
      if (resolved.by !== "ip" && options.identify?.[resolved.by] === undefined)
        throw new Error(
          `rate limit tier "${name}" is by ${resolved.by}: give identify.${resolved.by}`,
        );
      this.#tiers.set(name, resolved);
    }
    this.#proxies =
      options.trustedProxies === undefined ? undefined : new Networks(options.trustedProxies);
    const { store } = options;
    this.#store =
      store === undefined
        ? undefined
        : new GuardedStore(store, {
            timeoutMs: milliseconds("storeTimeoutMs", options.storeTimeoutMs ?? 100, 1),
            pauseMs: milliseconds("storePauseMs", options.storePauseMs ?? 1_000, 0),
          });
  }

  /** Middleware for Express and whatever else calls `(request, response, next)`. */
  express(
    tier: string,
  ): (
    request: R & IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ) => void {
    const resolved = this.#tier(tier);
    return (request, response, next) => {
      const admitted = this.#admit(resolved, request, response, request);
      if (admitted === true) next();
      if (typeof admitted === "boolean") return;
      const later = async () => {
        if (await admitted) next();
      };
      void later();
    };
  }

  /** A tier as a step of `protectKoa` and its like; `identify` gets the framework's own context. */
  tier(tier: string): {
    readonly asks: true;
    before(
      request: IncomingMessage,
      response: ServerResponse,
      place: { readonly subject: unknown },
    ): Promise<boolean>;
  } {
    this.#tier(tier);
    return {
      asks: true,
      before: (request, response, { subject }) => this.admit(tier, request, response, subject as R),
    };
  }

  /** A hook for Fastify: `app.addHook("onRequest", limits.fastify("standard"))`, or of one route. */
  fastify(
    tier: string,
  ): (request: R & HookRequest, reply: HookReply, done: (error?: Error) => void) => void {
    const resolved = this.#tier(tier);
    const follow = (reply: HookReply, decision: Decision, done: (error?: Error) => void): void => {
      let admitted = false;
      try {
        admitted = told(reply, decision);
      } catch (error) {
        done(error instanceof Error ? error : new Error("the rate limit could not be told"));
        return;
      }
      if (admitted) done();
    };
    return (request, reply, done) => {
      const decision = this.#check(resolved, request.raw, request);
      if (!(decision instanceof Promise)) {
        follow(reply, decision, done);
        return;
      }
      const later = async () => follow(reply, await decision, done);
      void later();
    };
  }

  /**
   * For node:http: answers whether the request may go on. If not, it has been answered. `subject` is
   * what `identify` gets, the request itself unless told.
   */
  async admit(
    tier: string,
    request: IncomingMessage,
    response: ServerResponse,
    subject: R = request as R,
  ): Promise<boolean> {
    return this.#admit(this.#tier(tier), request, response, subject);
  }

  /** {@link admit}, at once where requests are counted in memory: promises have their price. */
  #admit(
    tier: ResolvedTier,
    request: IncomingMessage,
    response: ServerResponse,
    subject: R,
  ): boolean | Promise<boolean> {
    const decision = this.#check(tier, request, subject);
    return decision instanceof Promise
      ? decision.then((known) => this.#follow(known, request, response))
      : this.#follow(decision, request, response);
  }

  #follow(
    { headers, refusal }: Decision,
    request: IncomingMessage,
    response: ServerResponse,
  ): boolean {
    try {
      // An answer that has begun meanwhile needs no headers.
      if (!response.headersSent)
        for (const name in headers)
          response.setHeader(name, joined(name, response.getHeader(name), headers[name] ?? ""));
      if (refusal !== undefined) respond(refusal, request, response);
    } catch (error) {
      // A caller of HTTP/2 who is gone: there is nobody to answer.
      this.#tell(error);
    }
    return refusal === undefined;
  }

  /** For everything else: counts one request of `partition` and says what to do with it. */
  async take(tier: string, partition: string): Promise<Decision> {
    return this.#take(this.#tier(tier), partition);
  }

  #take(tier: ResolvedTier, partition: string): Decision | Promise<Decision> {
    if (this.#store !== undefined) return this.#ask(this.#store, tier, digestKey(tier, partition));
    const key =
      partition.length <= maxPlainPartition
        ? `${tier.name}:${partition}`
        : digestKey(tier, partition);
    return this.#counted(tier, this.#local.takeNow(key, tier.limit, tier.windowSeconds * 1000));
  }

  async #ask(store: GuardedStore, tier: ResolvedTier, key: string): Promise<Decision> {
    const windowMs = tier.windowSeconds * 1000;
    const result = await store.take(key, tier.limit, windowMs);
    if (result !== undefined && "taken" in result) return this.#counted(tier, result.taken);
    if (result !== undefined) this.#tell(result.error);
    this.#count(tier, "store_failed");
    if (tier.onStoreFailure === "local")
      return decided(tier, this.#local.takeNow(key, tier.limit, windowMs));
    return decidedWithoutStore(tier, tier.onStoreFailure === "open");
  }

  #counted(tier: ResolvedTier, taken: Taken): Decision {
    this.#count(tier, taken.allowed ? "allowed" : "limited");
    return decided(tier, taken);
  }

  #check(tier: ResolvedTier, request: IncomingMessage, subject: R): Decision | Promise<Decision> {
    const { by } = tier;
    const identity = by === "ip" ? undefined : this.#identity(by, subject);
    if (identity !== undefined) return this.#take(tier, `${by}:${identity}`);
    const address = clientAddress(request, this.#proxies);
    return this.#take(tier, `ip:${address === undefined ? "unknown" : network(address)}`);
  }

  #identity(by: "user" | "key", subject: R): string | undefined {
    try {
      const identity = this.#options.identify?.[by]?.(subject);
      if (identity === undefined || identity === null || identity === "") return undefined;
      const named = ["string", "number", "bigint"].includes(typeof identity);
      if (named && !Number.isNaN(identity)) return String(identity);
      // Somebody meant to be counted alone and is counted by the address.
      throw new Error(
        `identify.${by} gave neither a text nor a number; a promise is not waited for`,
      );
    } catch (error) {
      this.#tell(error);
      return undefined;
    }
  }

  #tier(name: string): ResolvedTier {
    const tier = this.#tiers.get(name);
    if (tier !== undefined) return tier;
    const known = [...this.#tiers.keys()].join(", ");
    throw new Error(`there is no rate limit tier ${JSON.stringify(name)}; there are ${known}`);
  }

  #count(tier: ResolvedTier, outcome: Outcome): void {
    const { kit } = this.#options;
    if (kit === undefined) return;
    let outcomes = this.#outcomes.get(tier);
    if (outcomes === undefined) this.#outcomes.set(tier, (outcomes = {}));
    outcomes[outcome] ??= kit.counter("rate_limit_decisions_total", { tier: tier.name, outcome });
    outcomes[outcome].add();
  }

  #tell(error: unknown): void {
    const now = performance.now();
    if (now - this.#toldAt < quietMs) return;
    this.#toldAt = now;
    this.#options.kit?.logger.warn({ err: error }, "rate limits cannot count as they should");
  }
}

/** With NaN each answer of the store would be late, and tiers that are open let everybody in. */
function milliseconds(name: string, value: number, least: number): number {
  if (Number.isFinite(value) && value >= least) return value;
  throw new Error(`rate limits: ${name} must be a number of milliseconds from ${least}`);
}

/** Sets the headers on Fastify's reply, and answers a request that is refused. */
function told(reply: HookReply, { headers, refusal }: Decision): boolean {
  if (reply.raw.headersSent) return refusal === undefined;
  for (const name in headers)
    reply.header(name, joined(name, reply.getHeader(name), headers[name] ?? ""));
  if (refusal === undefined) return true;
  for (const [name, value] of Object.entries(refusal.headers)) reply.header(name, value);
  reply.code(refusal.status);
  reply.send(refusal.body);
  return false;
}

/** A key of one length that tells nothing about the caller, for stores that others read. */
function digestKey({ name }: ResolvedTier, partition: string): string {
  return `${name}:${createHash("sha256").update(partition).digest("base64url").slice(0, 22)}`;
}

/** Two tiers on one request are two items of one list; there is one time to come back. */
function joined(name: string, before: unknown, value: string): string {
  if (name === "retry-after" || typeof before !== "string") return value;
  return `${before}, ${value}`;
}

/** The groups of a part of an IPv6 address; an IPv4 address at its end stands for two, the last. */
function groupsOf(part: string): readonly string[] {
  if (part === "") return [];
  return part.split(":").flatMap((group) => (group.includes(".") ? ["0", "0"] : [group]));
}

/** What one caller cannot change: IPv4 addresses whole, of IPv6 the 64 bits that a site is given. */
function network(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.split("::");
  const left = groupsOf(head);
  const right = groupsOf(tail ?? "");
  const gap = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: gap }, () => "0"), ...right];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
