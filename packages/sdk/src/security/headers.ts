import { randomFillSync } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { HeaderSet } from "../http/header-set.ts";
import { knownOptions, type OptionNames } from "../known-options.ts";
import { compileCsp, type CspDirectives } from "./csp.ts";

export interface SecurityHeadersOptions {
  /** Directives that replace the defaults of the same name; false for no policy. */
  readonly csp?: CspDirectives | false;
  /** Whether violations are only reported, to try a policy out. Default: false. */
  readonly cspReportOnly?: boolean;
  /** Strict-Transport-Security; false where TLS is not used at all. Default: two years, subdomains too. */
  readonly hsts?:
    | {
        readonly maxAgeSeconds?: number;
        readonly includeSubDomains?: boolean;
        readonly preload?: boolean;
      }
    | false;
  /** Other values for single headers, by their names in lower case; false leaves one out. */
  readonly headers?: Readonly<Record<string, string | false>>;
}

const optionNames: OptionNames<SecurityHeadersOptions> = {
  csp: true,
  cspReportOnly: true,
  hsts: true,
  headers: true,
};

/** What every answer gets, besides the two that are computed. */
const constants: Readonly<Record<string, string>> = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "permissions-policy":
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), payment=(), usb=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-dns-prefetch-control": "off",
  "x-frame-options": "DENY",
  "x-permitted-cross-domain-policies": "none",
  // The filter of old browsers could be turned against pages; 0 switches it off.
  "x-xss-protection": "0",
};

const nonceOf = Symbol("seaworthy.nonce");

/** A request that was given its nonce. A property costs less than an entry of a WeakMap. */
type WithNonce = IncomingMessage & { [nonceOf]?: string };

/** Without a rest, so that many nonces are one text in base64. */
const nonceBytes = 18;
const nonceLength = 24;
/** Random bytes for many nonces, each used once: asking for them one by one costs the most. */
const pool = Buffer.alloc(256 * nonceBytes);
let nonces = "";
let used = 0;

function newNonce(): string {
  if (used === nonces.length) {
    nonces = randomFillSync(pool).toString("base64");
    used = 0;
  }
  used += nonceLength;
  return nonces.slice(used - nonceLength, used);
}

/** A request of node:http, or a framework's that holds one. */
export type AnyRequest = IncomingMessage | { readonly raw: IncomingMessage };

/** The nonce of this request, for `<script nonce="…">`; undefined before the headers were set. */
export function cspNonce(request: AnyRequest): string | undefined {
  const { [nonceOf]: nonce }: WithNonce = "raw" in request ? request.raw : request;
  return nonce;
}

/** Strict security headers, and a new nonce for each request. */
export class SecurityHeaders {
  readonly #fixed: HeaderSet;
  readonly #csp: ((nonce: string) => string) | undefined;
  readonly #cspName: string;

  /** @throws an Error that names the option which could not stand in a header. */
  constructor(options: SecurityHeadersOptions = {}) {
    knownOptions("security headers", options, optionNames);
    const fixed: Record<string, string | false> = { ...constants };
    if (options.hsts !== false) fixed["strict-transport-security"] = hsts(options.hsts ?? {});
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (!/^[a-z][a-z0-9-]{0,63}$/.test(name) || (value !== false && !/^[ -~]+$/.test(value)))
        throw new Error(
          `security header ${JSON.stringify(name)} has a name or value that cannot be sent`,
        );
      fixed[name] = value;
    }
    this.#fixed = new HeaderSet(
      Object.entries(fixed).filter((entry): entry is [string, string] => entry[1] !== false),
    );
    this.#csp = options.csp === false ? undefined : compileCsp(options.csp);
    this.#cspName =
      options.cspReportOnly === true
        ? "content-security-policy-report-only"
        : "content-security-policy";
  }

  /** Sets the headers on the response; returns the request's nonce. */
  apply(request: WithNonce, response: ServerResponse): string {
    const nonce = newNonce();
    request[nonceOf] = nonce;
    if (response.headersSent) return nonce;
    if (this.#csp === undefined) this.#fixed.apply(response);
    else this.#fixed.apply(response, this.#cspName, this.#csp(nonce));
    response.removeHeader("x-powered-by");
    return nonce;
  }

  /** As a step of `protectKoa` and its like. */
  before(request: IncomingMessage, response: ServerResponse): boolean {
    this.apply(request, response);
    return true;
  }

  /** Middleware for Express; the nonce is also `response.locals.cspNonce`. */
  express(): (
    request: IncomingMessage,
    response: ServerResponse & { locals?: Record<string, unknown> },
    next: () => void,
  ) => void {
    return (request, response, next) => {
      const nonce = this.apply(request, response);
      if (response.locals !== undefined) response.locals["cspNonce"] = nonce;
      next();
    };
  }

  /** A hook for Fastify: `app.addHook("onRequest", headers.fastify())`. */
  fastify(): (
    request: { readonly raw: IncomingMessage },
    reply: { readonly raw: ServerResponse },
    done: () => void,
  ) => void {
    return (request, reply, done) => {
      this.apply(request.raw, reply.raw);
      done();
    };
  }
}

function hsts(options: Exclude<SecurityHeadersOptions["hsts"], false | undefined>): string {
  knownOptions("hsts", options, { maxAgeSeconds: true, includeSubDomains: true, preload: true });
  const { maxAgeSeconds = 63_072_000, includeSubDomains = true, preload = false } = options;
  if (!Number.isInteger(maxAgeSeconds) || maxAgeSeconds < 0)
    throw new Error("hsts.maxAgeSeconds must be a whole number from 0");
  if (preload && (!includeSubDomains || maxAgeSeconds < 31_536_000))
    throw new Error("hsts.preload wants includeSubDomains and at least a year (31536000)");
  return `max-age=${maxAgeSeconds}${includeSubDomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
}
