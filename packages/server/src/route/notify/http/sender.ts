import { request } from "undici";
import type { Dispatcher } from "undici";
import { messageOf } from "../../../model/index.ts";
import type { HttpConfig } from "../../config/http-client.ts";
import type { Outcome } from "../outcome.ts";
import { headersOf } from "./credentials.ts";
import type { Headers } from "./credentials.ts";
import { HTTP_LIMITS } from "./limits.ts";
import { OAuthTokens } from "./oauth.ts";
import { Pools, refusePrivate } from "./pools.ts";

/** A request to a receiver. */
export interface HttpRequest {
  /** POST by default. */
  readonly method?: "POST" | "PUT" | "GET";
  readonly url: string;
  readonly body?: string | Buffer;
  /** JSON by default. */
  readonly contentType?: string;
  /** Further header fields, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly idempotencyKey: string;
  readonly http: HttpConfig;
  /** In milliseconds; 0 means the default. */
  readonly timeout: number;
  /** Answers other than 429 and 5xx that may be different later. */
  readonly retryOn?: readonly number[];
  /** Whether an address inside a private network is refused: for URLs that not the operator chose. */
  readonly publicOnly?: boolean;
}

/** A document to deliver. */
export interface Delivery extends HttpRequest {
  /** Tells from a 2xx answer whether it is really a success; by default it is. */
  readonly judge?: (answer: Answer) => Outcome;
}

/** What a receiver answered. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** A 2xx answer, or what has to be done because there is none. */
export type Exchange =
  | { readonly ok: true; readonly answer: Answer }
  | {
      readonly ok: false;
      readonly outcome: Exclude<Outcome, { kind: "sent" }>;
      /** Of the answer, where there was one. */
      readonly status?: number;
    };

export interface SenderOptions {
  readonly now: () => number;
  /** Whether a receiver may redirect to an address inside a private network. */
  readonly allowPrivateRedirects?: boolean;
}

/** Sends notifications over HTTP. */
export class HttpSender {
  readonly #pools = new Pools();
  readonly #tokens: OAuthTokens;
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#tokens = new OAuthTokens(this.#pools, options.now);
  }

  /** Sends a document and says what became of it. Never throws. */
  async post(delivery: Delivery): Promise<Outcome> {
    const exchange = await this.exchange(delivery);
    if (!exchange.ok) return exchange.outcome;
    return delivery.judge?.(exchange.answer) ?? { kind: "sent" };
  }

  /** Sends a request and reads the answer. Never throws. */
  async exchange(given: HttpRequest): Promise<Exchange> {
    let headers: Headers;
    try {
      headers = await headersOf(given.http, this.#tokens);
    } catch (error) {
      // A missing password file may be put right while we try again.
      return { ok: false, outcome: { kind: "retry", error: messageOf(error) } };
    }
    const timeout = Math.min(
      given.timeout > 0 ? given.timeout : HTTP_LIMITS.total,
      HTTP_LIMITS.longest,
    );
    const signal = AbortSignal.timeout(timeout);
    try {
      return await this.#follow(given, headers, signal);
    } catch (error) {
      const timedOut = error instanceof Error && error.name === "TimeoutError";
      const reason = timedOut ? `no answer within ${timeout} ms` : messageOf(error);
      return { ok: false, outcome: { kind: "retry", error: withoutUrl(reason, given.url) } };
    }
  }

  close(): Promise<void> {
    return this.#pools.close();
  }

  async #follow(given: HttpRequest, own: Headers, signal: AbortSignal): Promise<Exchange> {
    let url = new URL(given.url);
    let headers: Headers = { ...own, ...given.headers };
    const guarded = this.#options.allowPrivateRedirects !== true;
    const { publicOnly = false } = given;
    if (publicOnly) refusePrivate(url);
    for (let hop = 0; ; hop += 1) {
      const response = await request(url, {
        method: given.method ?? "POST",
        dispatcher: await this.#pools.get(given.http, publicOnly || (hop > 0 && guarded)),
        signal,
        headers: {
          ...(given.body === undefined
            ? {}
            : { "content-type": given.contentType ?? "application/json" }),
          "user-agent": "Seaworthy",
          "idempotency-key": given.idempotencyKey,
          ...headers,
        },
        ...(given.body === undefined ? {} : { body: given.body }),
      });
      const { statusCode: status, headers: answered } = response;
      const text = await readSome(response.body);
      if (status >= 200 && status < 300)
        return {
          ok: true,
          answer: { status, contentType: String(answered["content-type"] ?? ""), text },
        };
      if (status === 401) this.#tokens.forget();
      const next = redirectOf(status, answered["location"], url);
      if (next === undefined || !given.http.follow_redirects || hop >= HTTP_LIMITS.redirects)
        return { ok: false, outcome: this.#judge(given, status, text, answered), status };
      if (guarded || publicOnly) {
        const refused = refusedRedirect(next, given.http);
        if (refused !== undefined) return { ok: false, outcome: refused };
      }
      // Who we are is for the receiver that was configured, and for nobody that it names.
      if (next.origin !== url.origin) headers = {};
      url = next;
    }
  }

  #judge(
    { retryOn = [] }: HttpRequest,
    status: number,
    text: string,
    headers: Record<string, unknown>,
  ): Exclude<Outcome, { kind: "sent" }> {
    const shown = text.trim().slice(0, HTTP_LIMITS.shown);
    const error = `the receiver answered ${status}${shown === "" ? "" : `: ${shown}`}`;
    if (status === 429 || status >= 500 || retryOn.includes(status)) {
      const after = retryAfter(headers["retry-after"], this.#options.now());
      return after === undefined ? { kind: "retry", error } : { kind: "retry", error, after };
    }
    if (status >= 300 && status < 400) {
      const location = headers["location"];
      const where =
        typeof location === "string" ? ` to ${location.slice(0, HTTP_LIMITS.shown)}` : "";
      return {
        kind: "failed",
        error: `the receiver redirects (${status})${where}; this redirect is not followed: set the final URL`,
      };
    }
    return { kind: "failed", error };
  }
}

/** Where an answer sends a POST: other redirects would make it a GET, which tells nobody anything. */
function redirectOf(status: number, location: unknown, from: URL): URL | undefined {
  if ((status !== 307 && status !== 308) || typeof location !== "string") return undefined;
  if (!URL.canParse(location, from.href)) return undefined;
  const next = new URL(location, from);
  return next.protocol === "https:" || next.protocol === "http:" ? next : undefined;
}

function refusedRedirect(
  next: URL,
  http: HttpConfig,
): { kind: "failed"; error: string } | undefined {
  const refuse = (reason: string) =>
    ({
      kind: "failed",
      error: `the receiver redirects to ${next.host}, which is refused: ${reason}`,
    }) as const;
  try {
    refusePrivate(next);
  } catch (error) {
    return refuse(messageOf(error));
  }
  // A proxy looks names up itself, so nobody here would see where they lead.
  if (http.proxy_url !== "" || http.proxy_from_environment)
    return refuse("behind a proxy the address cannot be checked; set the final URL");
  return undefined;
}

/** The beginning of an answer; what is beyond the limit is not waited for. */
async function readSome(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > HTTP_LIMITS.answer) break;
  }
  return Buffer.concat(chunks).toString("utf8").slice(0, HTTP_LIMITS.answer);
}

/** A Retry-After header, in milliseconds: seconds or a date. */
function retryAfter(header: unknown, now: number): number | undefined {
  if (typeof header !== "string" || header.trim() === "") return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** A webhook's URL is a secret; errors are stored and shown. */
function withoutUrl(text: string, url: string): string {
  return text.replaceAll(url, "the receiver's URL");
}
