import { STATUS_CODES } from "node:http";
import { createGunzip } from "node:zlib";
import { Agent, EnvHttpProxyAgent, ProxyAgent } from "undici";
import type { Dispatcher } from "undici";
import { messageOf, SeaworthyError } from "../../model/index.ts";
import type { Clock } from "../../model/index.ts";
import type { Admission } from "../admit.ts";
import { BodyTooLarge, ScrapeFault } from "./fault.ts";
import type { HttpClientConfig } from "./http-client-config.ts";
import { reveal, secretHeaders, tlsOptions } from "./http-secrets.ts";
import type { Headers } from "./http-secrets.ts";
import { goesDirect } from "./no-proxy.ts";
import { OAuthTokenKeeper } from "./oauth-tokens.ts";

const MAX_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Longer than most scrape intervals, so that a connection lives from scrape to scrape. */
const KEEP_ALIVE = 5 * 60_000;
const SLICE = 64 * 1024;
/** Of a request for a token of OAuth 2, ms, and of its answer, bytes. */
const TOKEN_TIMEOUT = 10_000;
const MAX_TOKEN_ANSWER = 64 * 1024;

interface HttpRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether to ask for gzip. */
  readonly compression: boolean;
  /** The most bytes of the body, decompressed. */
  readonly maxBytes: number;
}

export interface HttpAnswer {
  /** Decompressed. */
  readonly body: Buffer;
  readonly contentType: string;
}

/** Gets documents over connections that are kept, as a section's `http_config` says. */
export interface HttpClient {
  /** The same for a request with a body of JSON. */
  post(request: HttpRequest & { readonly body: string }, signal: AbortSignal): Promise<HttpAnswer>;
  /**
   * Answers a document of status 200. Throws ScrapeFault, AdmissionError or what `signal` was
   * aborted with.
   */
  get(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
}

interface ClientOptions {
  readonly http: HttpClientConfig;
  readonly admission: Admission;
  readonly userAgent: string;
  readonly clock: Clock;
}

/** How connections are made. */
type Connecting = Pick<HttpClientConfig, "tls" | "proxy">;

/** The ways to a server: as the configuration says, and without its proxy. */
interface Ways {
  readonly usual: Dispatcher;
  readonly direct: Dispatcher;
}

/** Makes a client. Files are read when they are needed, so this cannot fail. */
export function createHttpClient(options: ClientOptions): HttpClient {
  const { http } = options;
  const connections = new Connections(http);
  const tokens = tokensOf(http, options);
  return {
    get: (request, signal) => exchange(request, signal),
    post: ({ body, ...request }, signal) => {
      const headers = { ...request.headers, "content-type": "application/json" };
      return exchange({ ...request, headers }, signal, body);
    },
    async close() {
      await Promise.all([connections.close(), tokens?.close()]);
    },
  };

  async function exchange(request: HttpRequest, signal: AbortSignal, body?: string) {
    try {
      const answer = await follow(request, signal, body);
      return await readAnswer(answer, request.maxBytes, options.admission);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof SeaworthyError) throw error;
      throw new ScrapeFault(describe(error), { cause: error });
    }
  }

  /** Asks, and asks again where a redirect points, until there is an answer. */
  async function follow(request: HttpRequest, signal: AbortSignal, body: string | undefined) {
    const secrets = await secretHeaders(http, tokens && (() => untilAborted(tokens.get(), signal)));
    let url = parseUrl(request.url);
    const seen = new Set<string>();
    for (;;) {
      const headers: Headers = { "user-agent": options.userAgent, ...request.headers };
      if (request.compression) headers["accept-encoding"] = "gzip";
      // What proves who asks is not for another server that the first one names.
      if (seen.size === 0 || url.origin === new URL(request.url).origin) {
        Object.assign(headers, secrets);
      }
      const answer = await ask(await connections.to(url), url, headers, signal, body);
      if (answer.statusCode === 401) tokens?.forget();
      const { location } = answer.headers;
      if (!http.followRedirects || !REDIRECTS.has(answer.statusCode) || location === undefined) {
        return answer;
      }
      answer.body.on("error", () => undefined).destroy();
      seen.add(url.href);
      url = parseUrl(new URL(String(location), url).href);
      if (seen.has(url.href)) throw new ScrapeFault("the server redirects in a circle");
      if (seen.size > MAX_REDIRECTS) {
        throw new ScrapeFault(`the server redirects more than ${MAX_REDIRECTS} times`);
      }
    }
  }
}

/** The connections of a section, opened when they are needed. */
class Connections {
  readonly #how: Connecting;
  #opening: Promise<Ways> | undefined;

  constructor(how: Connecting) {
    this.#how = how;
  }

  /** The way to a server. */
  async to(url: URL): Promise<Dispatcher> {
    this.#opening ??= openWays(this.#how);
    let ways: Ways;
    try {
      ways = await this.#opening;
    } catch (error) {
      // The next request tries again: the file may be there by then.
      this.#opening = undefined;
      throw error;
    }
    const { proxy } = this.#how;
    const isDirect = typeof proxy === "object" && goesDirect(url, proxy.except);
    return isDirect ? ways.direct : ways.usual;
  }

  async close(): Promise<void> {
    const closing = this.#opening;
    this.#opening = undefined;
    const ways = await closing?.catch(() => undefined);
    if (ways === undefined) return;
    await Promise.all([...new Set([ways.usual, ways.direct])].map((way) => way.close()));
  }
}

/** The tokens of a section with `oauth2`. */
function tokensOf({ credentials }: HttpClientConfig, { userAgent, clock }: ClientOptions) {
  if (credentials?.kind !== "oauth2") return undefined;
  const { grant, secret } = credentials;
  const connections = new Connections(credentials);
  const keeper = new OAuthTokenKeeper(
    {
      grant,
      secret: async () => (secret === undefined ? "" : reveal(secret)),
      async ask({ headers, body }) {
        const url = parseUrl(grant.token_url);
        const signal = AbortSignal.timeout(TOKEN_TIMEOUT);
        const all = { "user-agent": userAgent, ...headers };
        const answer = await ask(await connections.to(url), url, all, signal, body);
        const text = await collectText(answer.body, MAX_TOKEN_ANSWER);
        return { status: answer.statusCode, text };
      },
    },
    () => clock.now(),
  );
  return {
    get: () => keeper.get(),
    forget: () => keeper.forget(),
    close: () => connections.close(),
  };
}

/** A token that several scrapes wait for is not given up with one of them. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function collectText(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of body) {
    total += chunk.length;
    if (total > maxBytes) throw new ScrapeFault("the token URL of oauth2 answered too much");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function openWays({ tls, proxy }: Connecting): Promise<Ways> {
  // The request's own timeout ends a slow connect.
  const connect = { ...(await tlsOptions(tls)), timeout: 0 };
  const patience = {
    keepAliveTimeout: KEEP_ALIVE,
    keepAliveMaxTimeout: KEEP_ALIVE,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  const direct = new Agent({ connect, ...patience });
  if (proxy === undefined) return { usual: direct, direct };
  if (proxy === "environment") {
    return { usual: new EnvHttpProxyAgent({ connect, ...patience }), direct };
  }
  const headers = Object.fromEntries(
    proxy.connectHeaders.map(({ name, values }) => [
      name.toLowerCase(),
      values.map((value) => value.reveal()).join(", "),
    ]),
  );
  const usual = new ProxyAgent({
    uri: proxy.url.reveal(),
    headers,
    // http goes through the proxy as it is; only https needs a tunnel.
    proxyTunnel: false,
    requestTls: connect,
    ...patience,
  });
  return { usual, direct };
}

async function ask(
  dispatcher: Dispatcher,
  { origin, pathname, search }: URL,
  headers: Headers,
  signal: AbortSignal,
  body: string | undefined,
): Promise<Dispatcher.ResponseData> {
  const method = body === undefined ? "GET" : "POST";
  const path = `${pathname}${search}`;
  const once = () =>
    // The headers are copied: a proxy's agent adds its own to them.
    dispatcher.request({
      origin,
      path,
      method,
      headers: { ...headers },
      signal,
      ...(body === undefined ? {} : { body }),
    });
  try {
    return await once();
  } catch (error) {
    // A kept connection that the other side closed meanwhile says nothing about the target.
    if (signal.aborted || !isClosedConnection(error)) throw error;
    return await once();
  }
}

function describe(error: unknown): string {
  // A name with several addresses fails once for each.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join("; ");
  return messageOf(error) || codeOf(error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "the request failed";
}

function isClosedConnection(error: unknown): boolean {
  return ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"].includes(codeOf(error));
}

function parseUrl(url: string): URL {
  if (!URL.canParse(url)) throw new ScrapeFault(`${JSON.stringify(url)} is not a URL`);
  const parsed = new URL(url);
  if (parsed.protocol === "http:" || parsed.protocol === "https:") return parsed;
  throw new ScrapeFault(`the scheme must be http or https, not ${parsed.protocol.slice(0, -1)}`);
}

async function readAnswer(
  answer: Dispatcher.ResponseData,
  maxBytes: number,
  admission: Admission,
): Promise<HttpAnswer> {
  const { statusCode, headers, body } = answer;
  // Destroying a body that was not read to its end is an error event that nobody else hears.
  body.on("error", () => undefined);
  try {
    if (statusCode !== 200) {
      throw new ScrapeFault(
        `the server answered HTTP status ${statusCode} ${STATUS_CODES[statusCode] ?? ""}`.trim(),
      );
    }
    const contentType = String(headers["content-type"] ?? "");
    const encoding = String(headers["content-encoding"] ?? "identity");
    if (encoding === "identity") {
      const length = Number(headers["content-length"] ?? 0);
      if (length > maxBytes) throw tooLarge(maxBytes);
      return { body: await collect(body, maxBytes, admission), contentType };
    }
    if (encoding !== "gzip") {
      throw new ScrapeFault(`the content encoding ${JSON.stringify(encoding)} was not asked for`);
    }
    const gunzip = createGunzip({ chunkSize: SLICE });
    body.on("error", (error) => gunzip.destroy(error));
    return { body: await collect(body.pipe(gunzip), maxBytes, admission), contentType };
  } finally {
    body.destroy();
  }
}

/** Reads a stream to its end, as long as it stays within the limits. */
async function collect(
  stream: AsyncIterable<Buffer>,
  maxBytes: number,
  admission: Admission,
): Promise<Buffer> {
  const share = admission.enter();
  const chunks: Buffer[] = [];
  let total = 0;
  try {
    for await (const chunk of stream) {
      total += chunk.length;
      if (total > maxBytes) throw tooLarge(maxBytes);
      share.grow(chunk.length);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    share.release();
  }
}

function tooLarge(maxBytes: number): BodyTooLarge {
  return new BodyTooLarge(
    `the body is larger than ${maxBytes} bytes; expose less, or raise body_size_limit and the server's own limit`,
  );
}
