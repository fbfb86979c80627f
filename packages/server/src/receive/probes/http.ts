import { readFile } from "node:fs/promises";
import { request } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { RE2JS } from "re2js";
import { secretHeaders } from "../scrape/http-secrets.ts";
import type { HttpClientConfig } from "../scrape/http-client-config.ts";
import type { HttpSettings } from "./config.ts";
import { open, secure } from "./connection.ts";
import { ProbeFault } from "./fault.ts";
import { addressOf } from "./resolve.ts";
import type { ProbeResult } from "./result.ts";

const MAX_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** The most of a body that is read, and that regular expressions are tried on. */
const MAX_BODY = 64 * 1024 * 1024;
const MAX_MATCHED = 1024 * 1024;
const PHASES = ["resolve", "connect", "tls", "processing", "transfer"] as const;
const DECOMPRESS = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

interface HttpProbe {
  readonly target: string;
  /** The name to ask for, when it is not the target's own. */
  readonly hostname: string | undefined;
  readonly settings: HttpSettings;
  readonly client: HttpClientConfig;
}

/** Probes an HTTP server: one request with its redirects, and what is expected of the answer. */
export async function probeHttp(
  probe: HttpProbe,
  result: ProbeResult,
  signal: AbortSignal,
): Promise<void> {
  const { settings } = probe;
  for (const phase of PHASES) result.set("probe_http_duration_seconds", 0, { phase });
  result.set("probe_failed_due_to_regex", 0);
  for (const name of [
    "probe_http_content_length",
    "probe_http_redirects",
    "probe_http_ssl",
    "probe_http_status_code",
    "probe_http_uncompressed_body_length",
    "probe_http_version",
  ] as const)
    result.set(name, 0);

  const { answer, https, started, unread } = await follow(probe, result, signal);
  result.set("probe_http_ssl", https ? 1 : 0);
  checkAnswer(answer, https, settings, result);
  if (unread === true) {
    answer.destroy();
    return;
  }
  const matched =
    settings.fail_if_body_matches_regexp.length + settings.fail_if_body_not_matches_regexp.length >
    0;
  const limits = {
    most: Math.min(settings.body_size_limit || MAX_BODY, MAX_BODY),
    kept: matched ? MAX_MATCHED : 0,
  };
  const { length, text } = await readBody(answer, settings.compression, limits);
  const took = (performance.now() - started) / 1000;
  result.add("probe_http_duration_seconds", took, { phase: "transfer" });
  result.set("probe_http_uncompressed_body_length", length);
  if (matched && result.reason === undefined) checkBody(text, settings, result);
}

interface Answered {
  readonly answer: IncomingMessage;
  readonly https: boolean;
  /** Set when the body does not count. */
  readonly unread?: boolean;
  /** When its header came, in milliseconds of performance.now(). */
  readonly started: number;
}

async function follow(
  probe: HttpProbe,
  result: ProbeResult,
  signal: AbortSignal,
): Promise<Answered> {
  const { settings, client } = probe;
  const first = urlOf(probe.target);
  let url = first;
  let { method } = settings;
  let body = await bodyOf(settings);
  const follows = settings.no_follow_redirects !== true && client.followRedirects;
  for (let redirects = 0; ; redirects++) {
    result.set("probe_http_redirects", redirects);
    const headers = await headersOf(probe, url, url.origin === first.origin);
    const answered = await ask(probe, { url, method, headers, body }, result, signal);
    const { answer } = answered;
    const { location } = answer.headers;
    const status = answer.statusCode ?? 0;
    if (!REDIRECTS.has(status) || location === undefined) return answered;
    if (!follows) {
      // Like the exporter: told of, and what it says besides is not read.
      result.set("probe_http_redirects", 1);
      return { ...answered, unread: true };
    }
    answer.destroy();
    if (redirects === MAX_REDIRECTS)
      throw new ProbeFault(`the server redirects more than ${MAX_REDIRECTS} times`);
    url = urlOf(new URL(location, url).href);
    if (status <= 303 && method !== "HEAD") {
      method = "GET";
      body = undefined;
    }
  }
}

interface Asked {
  readonly url: URL;
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | undefined;
}

/** One request over a connection of its own, its phases timed. */
async function ask(
  { settings, client, hostname }: HttpProbe,
  { url, method, headers, body }: Asked,
  result: ProbeResult,
  signal: AbortSignal,
): Promise<Answered> {
  const phase = (name: (typeof PHASES)[number], since: number) => {
    const now = performance.now();
    result.add("probe_http_duration_seconds", (now - since) / 1000, { phase: name });
    return now;
  };
  const https = url.protocol === "https:";
  const host = url.hostname.replaceAll(/^\[|\]$/g, "");
  const { address, seconds } = await addressOf(host, settings, result);
  result.add("probe_http_duration_seconds", seconds, { phase: "resolve" });
  let at = performance.now();
  let socket: Socket = await open(
    { address, port: Number(url.port || (https ? 443 : 80)) },
    signal,
  );
  at = phase("connect", at);
  if (https) {
    socket = await secure(socket, hostname ?? host, client, result, signal);
    at = phase("tls", at);
  }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asking = request({
      method,
      path: `${url.pathname}${url.search}`,
      headers,
      setHost: false,
      createConnection: () => socket,
      signal,
    });
    asking.once("response", resolve).once("error", reject);
    asking.end(body);
  });
  const started = phase("processing", at);
  return { answer, https, started };
}

async function headersOf(
  { settings, client, hostname }: HttpProbe,
  url: URL,
  own: boolean,
): Promise<OutgoingHttpHeaders> {
  const { compression } = settings;
  return {
    host: hostname ?? url.host,
    "user-agent": "Seaworthy",
    connection: "close",
    ...(compression === "" ? {} : { "accept-encoding": compression }),
    // What proves who asks is not for another server that the first one names.
    ...(own ? await secretHeaders(client) : {}),
    ...Object.fromEntries(
      Object.entries(settings.headers)
        .map(([name, value]) => [name.toLowerCase(), value] as const)
        .filter(([name]) => own || (name !== "host" && name !== "authorization")),
    ),
  };
}

async function bodyOf({ body, body_file: file }: HttpSettings): Promise<Buffer | undefined> {
  if (file !== undefined) return await readFile(file);
  return body === undefined ? undefined : Buffer.from(body);
}

function urlOf(target: string): URL {
  const text = /^https?:\/\//i.test(target) ? target : `http://${target}`;
  if (!URL.canParse(text)) throw new ProbeFault(`${JSON.stringify(target)} is not a URL`);
  return new URL(text);
}

function checkAnswer(
  answer: IncomingMessage,
  https: boolean,
  settings: HttpSettings,
  result: ProbeResult,
): void {
  const status = answer.statusCode ?? 0;
  result.set("probe_http_status_code", status);
  result.set("probe_http_version", Number(answer.httpVersion));
  result.set("probe_http_content_length", Number(answer.headers["content-length"] ?? -1));
  const modified = Date.parse(answer.headers["last-modified"] ?? "");
  if (!Number.isNaN(modified)) {
    result.set("probe_http_last_modified_timestamp_seconds", modified / 1000);
  }
  const wanted = settings.valid_status_codes;
  const fits = wanted.length === 0 ? status >= 200 && status < 300 : wanted.includes(status);
  if (!fits) result.fail(`the server answered status ${status}`);
  const versions = settings.valid_http_versions;
  const version = `HTTP/${answer.httpVersion}`;
  if (versions.length > 0 && !versions.includes(version)) result.fail(`it speaks ${version}`);
  if (https && settings.fail_if_ssl) result.fail("the answer came over TLS");
  if (!https && settings.fail_if_not_ssl) result.fail("the answer did not come over TLS");
  if (result.reason !== undefined) return;
  for (const [checks, bad] of [
    [settings.fail_if_header_matches, true],
    [settings.fail_if_header_not_matches, false],
  ] as const) {
    for (const { header, regexp, allow_missing: allowed } of checks) {
      const values = [answer.headers[header.toLowerCase()] ?? []].flat();
      const matches = values.some((value) => matchesIn(regexp, value));
      const fails = values.length === 0 ? !allowed : matches === bad;
      if (!fails) continue;
      result.set("probe_failed_due_to_regex", 1);
      result.fail(
        `the header ${header} ${values.length === 0 ? "is missing" : "is not as it should be"}`,
      );
    }
  }
}

function checkBody(text: string, settings: HttpSettings, result: ProbeResult): void {
  const bad = settings.fail_if_body_matches_regexp.find((regexp) => matchesIn(regexp, text));
  const missed = settings.fail_if_body_not_matches_regexp.find((one) => !matchesIn(one, text));
  if (bad === undefined && missed === undefined) return;
  result.set("probe_failed_due_to_regex", 1);
  result.fail(
    bad === undefined
      ? `the body does not match ${missed?.pattern()}`
      : `the body matches ${bad.pattern()}`,
  );
}

/** Whether a regular expression matches anywhere in a text. */
export function matchesIn(regexp: RE2JS, text: string): boolean {
  return regexp.matcher(text).find();
}

async function readBody(
  answer: IncomingMessage,
  compression: HttpSettings["compression"],
  { most, kept }: { readonly most: number; readonly kept: number },
): Promise<{ length: number; text: string }> {
  let stream: Readable = answer;
  if (compression !== "" && compression !== "identity") {
    const decompress = DECOMPRESS[compression]();
    answer.on("error", (error) => decompress.destroy(error));
    stream = answer.pipe(decompress);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) throw new ProbeFault(`the body is larger than ${most} bytes`);
    if (kept === 0) continue;
    if (length > kept)
      throw new ProbeFault(`the body is larger than the ${kept} bytes that can be matched`);
    chunks.push(chunk);
  }
  return { length, text: Buffer.concat(chunks).toString() };
}
