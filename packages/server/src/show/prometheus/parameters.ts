import type { FastifyRequest } from "fastify";
import type { Expr } from "@seaworthy/promql";
import type { MetricsQuery } from "../../query/index.ts";
import { parseDuration } from "../../model/index.ts";
import { ApiError, invalidParameter } from "./api-error.ts";

/** The times that Prometheus's clients send for "since ever" and "for ever", in its own words. */
const MIN_TIME = "-292273086-05-16T16:47:06Z";
const MAX_TIME = "292277025-08-18T07:12:54.999999999Z";
/** ms; what the two become: the whole range of JavaScript's Date. */
export const EVER = { startMs: -8_640_000_000_000_000, endMs: 8_640_000_000_000_000 };

/** A request's parameters: those of the form in its body before those of its URL. */
export class RequestParameters {
  readonly #body: URLSearchParams;
  readonly #url: URLSearchParams;

  constructor(request: FastifyRequest) {
    const at = request.url.indexOf("?");
    this.#url = new URLSearchParams(at < 0 ? "" : request.url.slice(at + 1));
    this.#body = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
  }

  get(name: string): string {
    return this.#body.get(name) ?? this.#url.get(name) ?? "";
  }

  all(name: string): string[] {
    return [...this.#body.getAll(name), ...this.#url.getAll(name)];
  }

  /** A time in ms, `otherwise` when it is not given. */
  time(name: string, otherwise: number): number {
    const text = this.get(name);
    if (text === "") return otherwise;
    const time = parseTime(text);
    if (time !== undefined) return time;
    throw invalidParameter(name, `cannot parse ${quote(text)} to a valid timestamp`);
  }

  /** A length of time in ms, undefined when it is not given. */
  duration(name: string): number | undefined {
    const text = this.get(name);
    if (text === "") return undefined;
    const seconds = parseFloatAsGo(text);
    const ms = seconds === undefined ? parseDuration(text) : seconds * 1000;
    if (ms !== undefined && Number.isFinite(ms)) return ms;
    throw invalidParameter(name, `cannot parse ${quote(text)} to a valid duration`);
  }

  /** How many entries to answer; undefined (0 for Prometheus) for all. */
  limit(name = "limit"): number | undefined {
    const text = this.get(name);
    if (text === "") return undefined;
    if (!/^[+-]?\d+$/.test(text)) {
      throw invalidParameter(name, `strconv.Atoi: parsing ${quote(text)}: invalid syntax`);
    }
    const limit = Number(text);
    if (limit < 0) throw invalidParameter(name, "limit must be non-negative");
    return limit === 0 ? undefined : limit;
  }

  /** The `match[]` selectors, parsed. */
  selectors(metrics: MetricsQuery) {
    return this.all("match[]").map((text) => parseSelector(metrics, text));
  }
}

/** The `query` parameter's expression; throws unless it is sound. */
export function parsedQuery(metrics: MetricsQuery, parameters: RequestParameters): Expr {
  try {
    return metrics.parse(parameters.get("query"));
  } catch (error) {
    throw invalidParameter("query", error instanceof Error ? error.message : String(error));
  }
}

/** The `query` parameter; throws unless it is sound. */
export function checkedQuery(metrics: MetricsQuery, parameters: RequestParameters): string {
  parsedQuery(metrics, parameters);
  return parameters.get("query");
}

/** Parses a selector as `match[]` takes it: matchers, no offset, no range, not everything. */
function parseSelector(metrics: MetricsQuery, text: string) {
  let expr;
  try {
    expr = metrics.parse(text);
  } catch (error) {
    throw invalidParameter("match[]", error instanceof Error ? error.message : String(error));
  }
  if (expr.kind !== "vector_selector" || expr.offset !== undefined || expr.at !== undefined) {
    throw invalidParameter("match[]", `${quote(text)} is not a series selector`);
  }
  return expr.matchers;
}

/** Seconds since 1970 with a fraction, or RFC 3339. Answers ms, undefined for anything else. */
export function parseTime(text: string): number | undefined {
  if (text === MIN_TIME) return EVER.startMs;
  if (text === MAX_TIME) return EVER.endMs;
  const seconds = parseFloatAsGo(text);
  if (seconds !== undefined) {
    return Number.isFinite(seconds) ? Math.round(seconds * 1000) : undefined;
  }
  const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;
  const ms = rfc3339.test(text) ? Date.parse(text.toUpperCase()) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function parseFloatAsGo(text: string): number | undefined {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Text in double quotes, as Go's %q prints it. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** Throws unless start and end are in order. */
export function checkOrder(startMs: number, endMs: number): void {
  if (endMs < startMs) {
    throw new ApiError(
      "bad_data",
      'invalid parameter "end": end timestamp must not be before start time',
    );
  }
}
