import { readFile } from "node:fs/promises";
import { STATUS_CODES } from "node:http";
import { createGunzip } from "node:zlib";
import { Agent, interceptors } from "undici";
import type { Dispatcher } from "undici";
import { messageOf, SeaworthyError } from "../../model/index.ts";
import type { Admission } from "../admit.ts";
import { ScrapeFault } from "./fault.ts";
import type { HttpClientConfig, SecretSource } from "./http-client-config.ts";

const MAX_REDIRECTS = 10;
const MAX_SECRET_BYTES = 1024 * 1024;
/** Longer than most scrape intervals, so that a connection lives from scrape to scrape. */
const KEEP_ALIVE = 5 * 60_000;
const SLICE = 64 * 1024;

/** What one request may take. Times are milliseconds. */
interface FetchLimits {
  readonly bodyBytes: number;
  readonly timeout: number;
}

/** Fetches expositions for the targets of one job, over connections that are kept. */
export interface ScrapeClient {
  /** Answers the body, decompressed. Throws ScrapeFault, AdmissionError or what `signal` was aborted with. */
  fetch(url: string, limits: FetchLimits, signal: AbortSignal): Promise<Buffer>;
  close(): Promise<void>;
}

interface ClientOptions {
  readonly http: HttpClientConfig;
  readonly compression: boolean;
  readonly admission: Admission;
  readonly userAgent: string;
}

/** Makes a job's client. Files are read when they are needed, so this cannot fail. */
export function createScrapeClient(options: ClientOptions): ScrapeClient {
  let opening: Promise<{ agent: Agent; dispatcher: Dispatcher }> | undefined;
  const open = async () => {
    opening ??= openAgent(options.http);
    try {
      return await opening;
    } catch (error) {
      // The next scrape tries again: the file may be there by then.
      opening = undefined;
      throw error;
    }
  };
  return {
    async fetch(url, limits, signal) {
      try {
        return await fetchBody(url, limits, signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (error instanceof SeaworthyError) throw error;
        throw new ScrapeFault(describe(error), { cause: error });
      }
    },
    async close() {
      const closing = opening;
      opening = undefined;
      const opened = await closing?.catch(() => undefined);
      await opened?.agent.close();
    },
  };

  async function fetchBody(url: string, limits: FetchLimits, signal: AbortSignal) {
    const { dispatcher } = await open();
    const headers: Record<string, string> = {
      accept: "text/plain;version=0.0.4;q=1,*/*;q=0.1",
      "user-agent": options.userAgent,
      "x-prometheus-scrape-timeout-seconds": String(limits.timeout / 1000),
    };
    if (options.compression) headers["accept-encoding"] = "gzip";
    const authorization = await authorizationOf(options.http);
    if (authorization !== undefined) headers["authorization"] = authorization;
    const answer = await request(dispatcher, url, headers, signal);
    return await readAnswer(answer, limits.bodyBytes, options.admission);
  }
}

async function openAgent(http: HttpClientConfig) {
  const { tls } = http;
  const read = async (file: string | undefined) => (file ? await readSmallFile(file) : undefined);
  const [ca, cert, key] = await Promise.all([tls.caFile, tls.certFile, tls.keyFile].map(read));
  const agent = new Agent({
    connect: {
      rejectUnauthorized: !tls.insecureSkipVerify,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
      ...(tls.minVersion === undefined ? {} : { minVersion: tls.minVersion }),
      ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
      // The scrape's own timeout ends a slow connect.
      timeout: 0,
    },
    keepAliveTimeout: KEEP_ALIVE,
    keepAliveMaxTimeout: KEEP_ALIVE,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const redirect = interceptors.redirect({ maxRedirections: MAX_REDIRECTS });
  return { agent, dispatcher: http.followRedirects ? agent.compose(redirect) : agent };
}

async function request(
  dispatcher: Dispatcher,
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const { origin, pathname, search } = parseUrl(url);
  const ask = () =>
    dispatcher.request({ origin, path: `${pathname}${search}`, method: "GET", headers, signal });
  try {
    return await ask();
  } catch (error) {
    // A kept connection that the other side closed meanwhile says nothing about the target.
    if (signal.aborted || !isClosedConnection(error)) throw error;
    return await ask();
  }
}

function describe(error: unknown): string {
  // A name with several addresses fails once for each.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join("; ");
  const message = messageOf(error);
  if (message.startsWith("Redirect loop")) return "the server redirects in a circle";
  return message || codeOf(error);
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
): Promise<Buffer> {
  const { statusCode, headers, body } = answer;
  // Destroying a body that was not read to its end is an error event that nobody else hears.
  body.on("error", () => undefined);
  try {
    if (statusCode !== 200) {
      throw new ScrapeFault(
        `the server answered HTTP status ${statusCode} ${STATUS_CODES[statusCode] ?? ""}`.trim(),
      );
    }
    const type = String(headers["content-type"] ?? "");
    if (/openmetrics|protobuf/.test(type)) {
      throw new ScrapeFault(
        `the server answered ${JSON.stringify(type)} although the text format 0.0.4 was asked for`,
      );
    }
    const encoding = String(headers["content-encoding"] ?? "identity");
    if (encoding === "identity") {
      const length = Number(headers["content-length"] ?? 0);
      if (length > maxBytes) throw tooLarge(maxBytes);
      return await collect(body, maxBytes, admission);
    }
    if (encoding !== "gzip") {
      throw new ScrapeFault(`the content encoding ${JSON.stringify(encoding)} was not asked for`);
    }
    const gunzip = createGunzip({ chunkSize: SLICE });
    body.on("error", (error) => gunzip.destroy(error));
    return await collect(body.pipe(gunzip), maxBytes, admission);
  } finally {
    body.destroy();
  }
}

/** Reads a stream to its end, as long as it stays within the limits, and adds the final line feed. */
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
    if (chunks.at(-1)?.at(-1) !== 0x0a) chunks.push(Buffer.from("\n"));
    return Buffer.concat(chunks);
  } finally {
    share.release();
  }
}

function tooLarge(maxBytes: number): ScrapeFault {
  return new ScrapeFault(
    `the body is larger than ${maxBytes} bytes; expose less, or raise body_size_limit and the server's own limit`,
  );
}

async function authorizationOf(http: HttpClientConfig): Promise<string | undefined> {
  const { credentials } = http;
  if (credentials === undefined) return undefined;
  if (credentials.kind === "header") {
    return `${credentials.type} ${await reveal(credentials.credentials)}`;
  }
  const password = credentials.password === undefined ? "" : await reveal(credentials.password);
  return `Basic ${Buffer.from(`${credentials.username}:${password}`).toString("base64")}`;
}

async function reveal(source: SecretSource): Promise<string> {
  return "value" in source ? source.value.reveal() : (await readSmallFile(source.file)).trim();
}

async function readSmallFile(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new ScrapeFault(`a file cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (text.length > MAX_SECRET_BYTES) throw new ScrapeFault(`${file} is too large for a secret`);
  return text;
}
