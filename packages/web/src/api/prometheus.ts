import type { RuleLanguage } from "@seaworthy/contract";
import { ApiError, readProblem, unreachable } from "./call.ts";

/** One point of a series: seconds since 1970, and the value as text (`NaN` and `+Inf` included). */
type Point = readonly [number, string];

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly Point[];
}

interface Instant {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: Point;
}

export type InstantResult =
  | { readonly resultType: "vector"; readonly result: readonly Instant[] }
  | { readonly resultType: "matrix"; readonly result: readonly Series[] }
  | { readonly resultType: "scalar" | "string"; readonly result: Point };

export interface Rule {
  readonly name: string;
  readonly type: "alerting" | "recording";
  readonly query: string;
  readonly health: "ok" | "err" | "unknown";
  readonly lastError?: string;
  readonly lastEvaluation?: string;
  /** Seconds. */
  readonly evaluationTime?: number;
  /** Of alerting rules. */
  readonly state?: "inactive" | "pending" | "firing";
  /** Seconds. */
  readonly duration?: number;
  /** Seconds. */
  readonly keepFiringFor?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  /** Where the rules are not PromQL. */
  readonly language?: RuleLanguage;
  /** Seconds. */
  readonly interval: number;
  readonly rules: readonly Rule[];
  readonly lastEvaluation?: string;
  /** Seconds. */
  readonly evaluationTime?: number;
}

export interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly health: "up" | "down" | "unknown";
  readonly lastError: string;
  readonly lastScrape: string;
  /** Seconds. */
  readonly lastScrapeDuration: number;
  readonly scrapeInterval?: string;
}

interface Envelope {
  readonly status: "success" | "error";
  readonly data: unknown;
  readonly errorType?: string;
  readonly error?: string;
}

async function ask(
  path: string,
  parameters: Record<string, string>,
  signal?: AbortSignal,
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}?${new URLSearchParams(parameters).toString()}`, {
      credentials: "same-origin",
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw unreachable();
  }
  const envelope = (await response
    .clone()
    .json()
    .catch(() => null)) as Envelope | null;
  if (envelope?.status === "success") return envelope.data;
  if (envelope?.status === "error")
    throw new ApiError({
      status: response.status,
      code: envelope.errorType ?? "unknown",
      title: envelope.errorType === "bad_data" ? "The query cannot be read" : "The query failed",
      detail: envelope.error ?? "",
      instance: response.headers.get("x-request-id") ?? undefined,
    });
  throw await readProblem(response);
}

/** Evaluates an expression over a span; `step` in seconds. Throws ApiError. */
export async function queryRange(
  expression: string,
  span: { readonly start: number; readonly end: number },
  step: number,
  signal?: AbortSignal,
): Promise<readonly Series[]> {
  const data = (await ask(
    "query_range",
    {
      query: expression,
      start: String(span.start / 1000),
      end: String(span.end / 1000),
      step: String(step),
    },
    signal,
  )) as { result: readonly Series[] };
  return data.result;
}

/** Evaluates an expression at an instant (milliseconds). Throws ApiError. */
export async function queryInstant(
  expression: string,
  at: number,
  signal?: AbortSignal,
): Promise<InstantResult> {
  return (await ask(
    "query",
    { query: expression, time: String(at / 1000) },
    signal,
  )) as InstantResult;
}

export interface ExemplarSeries {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: string;
    /** Seconds since 1970. */
    readonly timestamp: number;
  }[];
}

/** The exemplars of all series that an expression selects, over a span. Throws ApiError. */
export async function queryExemplars(
  expression: string,
  span: { readonly start: number; readonly end: number },
  signal?: AbortSignal,
): Promise<readonly ExemplarSeries[]> {
  const range = { start: String(span.start / 1000), end: String(span.end / 1000) };
  const data = await ask("query_exemplars", { query: expression, ...range }, signal);
  return data as readonly ExemplarSeries[];
}

/** The rule groups as they run. Throws ApiError. */
export async function listRuleGroups(signal?: AbortSignal): Promise<readonly RuleGroup[]> {
  return ((await ask("rules", {}, signal)) as { groups: readonly RuleGroup[] }).groups;
}

/** The scrape targets. Throws ApiError. */
export async function listTargets(signal?: AbortSignal): Promise<readonly Target[]> {
  const data = (await ask("targets", { state: "active" }, signal)) as {
    activeTargets: readonly Target[];
  };
  return data.activeTargets;
}
