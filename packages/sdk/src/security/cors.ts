import type { IncomingMessage, ServerResponse } from "node:http";
import { knownOptions, type OptionNames } from "../known-options.ts";
import { setHeader } from "../respond.ts";

export interface CorsOptions {
  /**
   * Origins whose pages may read answers: `https://app.example.com`, or `https://*.example.com` for the
   * subdomains. `*` is everybody, and goes with no credentials.
   */
  readonly origins: readonly string[];
  /** Default: GET, HEAD, POST, PUT, PATCH, DELETE. */
  readonly methods?: readonly string[];
  /** Request headers besides the simple ones. Default: content-type, authorization. */
  readonly headers?: readonly string[];
  /** Answer headers that scripts may read. Default: x-request-id, ratelimit, ratelimit-policy, retry-after. */
  readonly exposedHeaders?: readonly string[];
  /** Whether cookies are sent along. Default: false. */
  readonly credentials?: boolean;
  /** Seconds for which browsers keep a preflight's answer. Default: 600. */
  readonly maxAgeSeconds?: number;
}

const optionNames: OptionNames<CorsOptions> = {
  origins: true,
  methods: true,
  headers: true,
  exposedHeaders: true,
  credentials: true,
  maxAgeSeconds: true,
};

const maxOriginLength = 300;
const token = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

/** Cross-origin requests by a list of origins. An origin that is not in it gets no permission. */
export class Cors {
  readonly #exact = new Set<string>();
  readonly #parents: { readonly before: string; readonly after: string }[] = [];
  readonly #everybody: boolean;
  readonly #shared: Readonly<Record<string, string>>;
  readonly #preflight: Readonly<Record<string, string>>;

  /** @throws an Error that names the option, origin or header which is wrong. */
  constructor(options: CorsOptions) {
    knownOptions("cors", options, optionNames);
    const lists = ["origins", "methods", "headers", "exposedHeaders"] as const;
    for (const name of lists)
      if (!Array.isArray(options[name]) && (options[name] !== undefined || name === "origins"))
        throw new Error(`cors: ${name} must be a list`);
    const credentials = options.credentials ?? false;
    this.#everybody = options.origins.includes("*");
    if (this.#everybody && credentials)
      throw new Error('cors: origin "*" cannot go with credentials; list the origins');
    for (const origin of options.origins) if (origin !== "*") this.#add(origin);
    const list = (name: string, values: readonly string[]) => {
      for (const value of values)
        if (!token.test(value)) throw new Error(`cors: ${JSON.stringify(value)} in ${name}`);
      return values.join(", ");
    };
    const { methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] } = options;
    const { headers = ["content-type", "authorization"] } = options;
    const { exposedHeaders = ["x-request-id", "ratelimit", "ratelimit-policy", "retry-after"] } =
      options;
    const exposed = list("exposedHeaders", exposedHeaders);
    this.#shared = {
      ...(credentials ? { "access-control-allow-credentials": "true" } : {}),
      ...(exposed === "" ? {} : { "access-control-expose-headers": exposed }),
    };
    this.#preflight = {
      "access-control-allow-methods": list("methods", methods),
      "access-control-allow-headers": list("headers", headers),
      "access-control-max-age": String(Math.floor(options.maxAgeSeconds ?? 600)),
    };
  }

  /** Whether pages of this origin may read answers. */
  allows(origin: string): boolean {
    if (this.#everybody || this.#exact.has(origin)) return true;
    if (origin.length > maxOriginLength) return false;
    return this.#parents.some(
      ({ before, after }) =>
        origin.startsWith(before) &&
        origin.endsWith(after) &&
        /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,9}$/.test(
          origin.slice(before.length, origin.length - after.length),
        ),
    );
  }

  /** Sets the headers; answers a preflight itself, and then returns true. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const { origin } = request.headers;
    const preflight =
      request.method === "OPTIONS" &&
      origin !== undefined &&
      request.headers["access-control-request-method"] !== undefined;
    if (!this.#everybody) vary(response, "Origin");
    const allowed = origin !== undefined && this.allows(origin);
    if (allowed) {
      setHeader(response, "access-control-allow-origin", this.#everybody ? "*" : origin);
      // What is permitted across origins must not be taken back by another header.
      setHeader(response, "cross-origin-resource-policy", "cross-origin");
      const headers = preflight ? { ...this.#shared, ...this.#preflight } : this.#shared;
      for (const [name, value] of Object.entries(headers)) setHeader(response, name, value);
    }
    if (!preflight) return false;
    if (!response.headersSent) {
      response.writeHead(allowed ? 204 : 403, { "content-length": "0" });
      response.end();
    }
    return true;
  }

  /** As a step of `protectKoa` and its like. */
  before(request: IncomingMessage, response: ServerResponse): boolean {
    return !this.handle(request, response);
  }

  /** Middleware for Express, before the routes and after the security headers. */
  express(): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
    return (request, response, next) => {
      if (!this.handle(request, response)) next();
    };
  }

  /** A hook for Fastify: `app.addHook("onRequest", cors.fastify())`. */
  fastify(): (
    request: { readonly raw: IncomingMessage },
    reply: { readonly raw: ServerResponse; hijack(): unknown },
    done: () => void,
  ) => void {
    return (request, reply, done) => {
      if (this.handle(request.raw, reply.raw)) reply.hijack();
      else done();
    };
  }

  #add(origin: string): void {
    const star = origin.indexOf("//*.");
    const plain = star === -1 ? origin : `${origin.slice(0, star)}//x.${origin.slice(star + 4)}`;
    let url: URL | undefined;
    try {
      url = new URL(plain);
    } catch {
      // Said below, with the others.
    }
    if (url === undefined || url.origin !== plain || plain.includes("*") || !/^https?:/.test(plain))
      throw new Error(
        `cors: ${JSON.stringify(origin)} is not an origin such as https://app.example.com`,
      );
    if (star === -1) this.#exact.add(origin);
    else this.#parents.push({ before: origin.slice(0, star + 2), after: origin.slice(star + 3) });
  }
}

function vary(response: ServerResponse, field: string): void {
  const before = response.getHeader("vary");
  const names = (Array.isArray(before) ? before.join(",") : String(before ?? ""))
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.some((name) => name === "*" || name.toLowerCase() === field.toLowerCase())) return;
  setHeader(response, "vary", [...names, field].join(", "));
}
