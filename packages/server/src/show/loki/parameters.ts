import { LogqlError, parseDuration, parseMatchers } from "@seaworthy/logql";
import type { Matcher } from "@seaworthy/logql";
import type { FastifyRequest } from "fastify";
import { SeaworthyError } from "../../model/index.ts";

/** A request that Loki's API refuses. */
export class LokiError extends SeaworthyError {
  readonly code = "loki_api";
  override readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.name = "LokiError";
    this.status = status;
  }
}

/** Loki's own defaults and bounds. */
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 5000;
const HOUR_MS = 3_600_000;
/** Steps of a range query that does not say its step. */
const DEFAULT_STEPS = 250;

/** How an answer with lines is written. */
export interface LineForm {
  /** Labels of the stream, metadata and what was extracted are told apart, as Grafana asks for it. */
  readonly categorized: boolean;
  /** Each line says where it leads. A flag of our own: senders of Loki's do not know it. */
  readonly linked: boolean;
  /** The flags that were understood. */
  readonly flags: readonly string[];
}

const CATEGORIZE = "categorize-labels";
const LINKS = "links";

/** What is asked for by Loki's header, or where there can be none, as `encoding_flags` of the URL. */
export function lineFormOf(request: FastifyRequest): LineForm {
  const inHeader = String(request.headers["x-loki-response-encoding-flags"] ?? "");
  const inUrl = new LokiParameters(request, 0).get("encoding_flags");
  const asked = new Set(`${inHeader},${inUrl}`.split(",").map((flag) => flag.trim()));
  const flags = [CATEGORIZE, LINKS].filter((flag) => asked.has(flag));
  return { categorized: asked.has(CATEGORIZE), linked: asked.has(LINKS), flags };
}

/** A request's parameters, of the URL and of a form in its body. */
export class LokiParameters {
  readonly #values: URLSearchParams;
  readonly #now: number;

  /** `now`: ms since 1970. */
  constructor(request: FastifyRequest, now: number) {
    const at = request.url.indexOf("?");
    this.#values = new URLSearchParams(at < 0 ? "" : request.url.slice(at + 1));
    if (request.body instanceof URLSearchParams) {
      for (const [name, value] of request.body) this.#values.append(name, value);
    }
    this.#now = now;
  }

  get(name: string): string {
    return this.#values.get(name) ?? "";
  }

  all(name: string): string[] {
    return this.#values.getAll(name);
  }

  /** The `query`; throws without one. */
  query(): string {
    const query = this.get("query");
    if (query === "")
      throw new LokiError(
        "parse error : syntax error: unexpected $end: the parameter query is empty",
      );
    return query;
  }

  limit(otherwise = DEFAULT_LIMIT): number {
    const limit = this.#natural("limit", otherwise);
    if (limit > MAX_LIMIT) {
      throw new LokiError(
        `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${MAX_LIMIT})`,
      );
    }
    return limit;
  }

  lineLimit(): number {
    return Math.min(MAX_LIMIT, this.#natural("line_limit", 1000));
  }

  #natural(name: string, otherwise: number): number {
    const text = this.get(name);
    if (text === "") return otherwise;
    if (!/^\d+$/.test(text))
      throw new LokiError(`${name} must be a whole number, not ${JSON.stringify(text)}`);
    const value = Number(text);
    return value === 0 ? otherwise : value;
  }

  direction(): "forward" | "backward" {
    const text = this.get("direction").toLowerCase();
    if (text === "" || text === "backward") return "backward";
    if (text === "forward") return "forward";
    throw new LokiError(`invalid direction ${JSON.stringify(text)}; it is forward or backward`);
  }

  /** A time in ns. */
  time(name: string, otherwiseMs: number): bigint {
    const text = this.get(name);
    if (text === "") return BigInt(Math.round(otherwiseMs * 1000)) * 1000n;
    const time = parseTime(text);
    if (time !== undefined) return time;
    throw new LokiError(
      `could not parse ${JSON.stringify(text)} as the time ${name}: give nanoseconds, seconds or RFC 3339`,
    );
  }

  /** `start` and `end` (or `since` before the end), the last hour by default. */
  range(): { readonly startNs: bigint; readonly endNs: bigint } {
    const endNs = this.time("end", this.#now);
    const since = this.get("since");
    const sinceMs = since === "" ? HOUR_MS : (parseDuration(since) ?? Number.NaN) * 1000;
    if (!(sinceMs > 0))
      throw new LokiError(
        `could not parse since ${JSON.stringify(since)}; give a duration such as 1h`,
      );
    const startNs = this.time("start", Number(endNs / 1_000_000n) - sinceMs);
    if (endNs < startNs)
      throw new LokiError("end timestamp must not be before or equal to start time");
    return { startNs, endNs };
  }

  /** `step` in ms; by default the range in 250 steps of whole seconds. */
  step({ startNs, endNs }: { readonly startNs: bigint; readonly endNs: bigint }): number {
    const text = this.get("step");
    if (text === "") {
      const seconds = Number((endNs - startNs) / 1_000_000_000n);
      return Math.max(1, Math.floor(seconds / DEFAULT_STEPS)) * 1000;
    }
    const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : parseDuration(text);
    if (seconds === undefined || !(seconds > 0)) {
      throw new LokiError(
        "zero or negative query resolution step widths are not accepted. Try a positive integer",
      );
    }
    return Math.max(1, Math.round(seconds * 1000));
  }

  /** Selectors under `name`; `{}` stands for all. */
  selectors(name: string): (readonly Matcher[])[] {
    return this.all(name)
      .filter((text) => text.trim() !== "" && !/^\{\s*\}$/.test(text.trim()))
      .map((text) => parseMatchers(selectorOf(text)));
  }
}

/** The selector of a query: what Grafana sends for labels may have a pipeline behind it. */
function selectorOf(text: string): string {
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (quote === '"' && char === "\\") at += 1;
    else if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === '"' || char === "`") quote = char;
    else if (char === "}") return text.slice(0, at + 1);
  }
  return text;
}

/** Ns (more than ten digits), seconds with or without a fraction, or RFC 3339. */
function parseTime(text: string): bigint | undefined {
  if (/^\d{11,19}$/.test(text)) return BigInt(text);
  if (/^\d+(?:\.\d+)?$/.test(text)) return BigInt(Math.round(Number(text) * 1e6)) * 1000n;
  const match = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/.exec(
    text,
  );
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`.toUpperCase());
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt((match?.[2] ?? "").padEnd(9, "0"));
}

/** The status for what was thrown by a query; undefined when it is none of its faults. */
export function lokiStatus(error: unknown): number | undefined {
  if (error instanceof LokiError) return error.status;
  if (error instanceof LogqlError)
    return error.kind === "parse" || error.kind === "execution" ? 400 : 422;
  return undefined;
}
