import { readFile } from "node:fs/promises";
import { Agent, ProxyAgent, request } from "undici";
import type { Dispatcher } from "undici";
import { messageOf } from "../../model/index.ts";
import type { HttpConfig, TlsConfig } from "../config/http-client.ts";
import type { Outcome } from "./outcome.ts";

/** Limits of one request. Times in milliseconds, sizes in bytes. */
const LIMITS = {
  connect: 5000,
  /** From the request's first byte to the answer's last, unless the integration says otherwise. */
  total: 10_000,
  /** What an integration may say; a claim on a notification outlasts it. */
  longest: 30_000,
  /** Of the answer; it is read for its error message only. */
  answer: 64 * 1024,
  /** Of an answer's text in an error that is stored and shown. */
  shown: 500,
  /** Of a file that holds a secret or a URL. */
  file: 64 * 1024,
} as const;

const TLS_VERSION = {
  TLS10: "TLSv1",
  TLS11: "TLSv1.1",
  TLS12: "TLSv1.2",
  TLS13: "TLSv1.3",
} as const;

/** A JSON document to deliver. */
export interface Delivery {
  readonly url: string;
  readonly body: string;
  readonly idempotencyKey: string;
  readonly http: HttpConfig;
  /** In milliseconds; 0 means the default. */
  readonly timeout: number;
  /** Tells from a 2xx answer whether it is really a success; by default it is. */
  readonly judge?: (answer: Answer) => Outcome;
}

/** What a receiver answered. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Sends notifications over HTTP. Connections are kept open, one pool for each way of connecting. */
export class HttpSender {
  readonly #pools = new Map<string, Promise<Dispatcher>>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Posts a document and says what became of it. Never throws. */
  async post(delivery: Delivery): Promise<Outcome> {
    let prepared: { dispatcher: Dispatcher; headers: Record<string, string | string[]> };
    try {
      prepared = {
        dispatcher: await this.#pool(delivery.http),
        headers: await headersOf(delivery.http),
      };
    } catch (error) {
      // A missing password file may be put right while we try again.
      return { kind: "retry", error: messageOf(error) };
    }
    const timeout = Math.min(
      delivery.timeout > 0 ? delivery.timeout : LIMITS.total,
      LIMITS.longest,
    );
    try {
      const response = await request(delivery.url, {
        method: "POST",
        dispatcher: prepared.dispatcher,
        signal: AbortSignal.timeout(timeout),
        headers: {
          ...prepared.headers,
          "content-type": "application/json",
          "user-agent": "Seaworthy",
          "idempotency-key": delivery.idempotencyKey,
        },
        body: delivery.body,
      });
      const { statusCode: status, headers } = response;
      const text = await readSome(response.body);
      if (status >= 200 && status < 300) {
        const contentType = String(headers["content-type"] ?? "");
        return delivery.judge?.({ status, contentType, text }) ?? { kind: "sent" };
      }
      return judgeStatus(status, text, headers, this.#now());
    } catch (error) {
      const timedOut = error instanceof Error && error.name === "TimeoutError";
      const reason = timedOut ? `no answer within ${timeout} ms` : messageOf(error);
      return { kind: "retry", error: withoutUrl(reason, delivery.url) };
    }
  }

  async close(): Promise<void> {
    const pools = await Promise.allSettled(this.#pools.values());
    this.#pools.clear();
    for (const pool of pools) if (pool.status === "fulfilled") await pool.value.destroy();
  }

  #pool(http: HttpConfig): Promise<Dispatcher> {
    const key = JSON.stringify([http.tls_config, http.proxy_url, http.proxy_connect_header]);
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const made = makePool(http);
    this.#pools.set(key, made);
    // Files may be put right: a pool that could not be made is made anew next time.
    made.catch(() => this.#pools.delete(key));
    return made;
  }
}

async function makePool(http: HttpConfig): Promise<Dispatcher> {
  const connect = { timeout: LIMITS.connect, ...(await tlsOptions(http.tls_config)) };
  const options = { connect, headersTimeout: 0, bodyTimeout: 0, connections: 32 };
  if (http.proxy_url === "") return new Agent(options);
  const headers = Object.fromEntries(
    Object.entries(http.proxy_connect_header).map(([name, values]) => [name, values.join(", ")]),
  );
  return new ProxyAgent({ ...options, uri: http.proxy_url, headers, requestTls: connect });
}

async function tlsOptions(tls: TlsConfig | undefined): Promise<Record<string, unknown>> {
  if (tls === undefined) return {};
  const pem = async (inline: string, file: string) =>
    inline === "" ? (file === "" ? undefined : await readSmall(file)) : inline;
  return Object.fromEntries(
    Object.entries({
      ca: await pem(tls.ca, tls.ca_file),
      cert: await pem(tls.cert, tls.cert_file),
      key: await pem(tls.key, tls.key_file),
      servername: tls.server_name === "" ? undefined : tls.server_name,
      rejectUnauthorized: !tls.insecure_skip_verify,
      minVersion: tls.min_version && TLS_VERSION[tls.min_version],
      maxVersion: tls.max_version && TLS_VERSION[tls.max_version],
    }).filter(([, value]) => value !== undefined),
  );
}

/** Headers that say who we are. Secrets are read from their files each time: they may be rotated. */
async function headersOf(http: HttpConfig): Promise<Record<string, string | string[]>> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, { values, secrets, files }] of Object.entries(http.http_headers)) {
    const fromFiles = await Promise.all(files.map(readSecret));
    headers[name.toLowerCase()] = [...values, ...secrets, ...fromFiles];
  }
  const secret = async (inline: string, file: string) =>
    file === "" ? inline : await readSecret(file);
  const { basic_auth: basic, authorization } = http;
  if (basic !== undefined) {
    const user = await secret(basic.username, basic.username_file);
    const password = await secret(basic.password, basic.password_file);
    headers["authorization"] = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  } else if (authorization !== undefined) {
    const type = authorization.type.trim() === "" ? "Bearer" : authorization.type.trim();
    const credentials = await secret(authorization.credentials, authorization.credentials_file);
    headers["authorization"] = `${type} ${credentials}`;
  } else if (http.bearer_token !== "" || http.bearer_token_file !== "") {
    headers["authorization"] = `Bearer ${await secret(http.bearer_token, http.bearer_token_file)}`;
  }
  return headers;
}

/** The trimmed content of a small file. */
export async function readSecret(file: string): Promise<string> {
  return (await readSmall(file)).trim();
}

async function readSmall(file: string): Promise<string> {
  const text = await readFile(file, "utf8");
  if (text.length > LIMITS.file) throw new Error(`${file} is larger than ${LIMITS.file} bytes`);
  return text;
}

/** The beginning of an answer; what is beyond the limit is not waited for. */
async function readSome(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LIMITS.answer) break;
  }
  return Buffer.concat(chunks).toString("utf8").slice(0, LIMITS.answer);
}

function judgeStatus(
  status: number,
  text: string,
  headers: Record<string, unknown>,
  now: number,
): Outcome {
  const shown = text.trim().slice(0, LIMITS.shown);
  const error = `the receiver answered ${status}${shown === "" ? "" : `: ${shown}`}`;
  if (status === 429 || status >= 500) {
    const after = retryAfter(headers["retry-after"], now);
    return after === undefined ? { kind: "retry", error } : { kind: "retry", error, after };
  }
  if (status >= 300 && status < 400) {
    const location = headers["location"];
    const where = typeof location === "string" ? ` to ${location.slice(0, LIMITS.shown)}` : "";
    return {
      kind: "failed",
      error: `the receiver redirects (${status})${where}; redirects are not followed: set the final URL`,
    };
  }
  return { kind: "failed", error };
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
