import { ApiError, readProblem, unreachable } from "./call.ts";
import type { Series } from "./prometheus.ts";

type Fields = Readonly<Record<string, string>>;

/** One log line as it is shown. */
export interface LogLine {
  /** Unique within an answer. */
  readonly key: string;
  /** Nanoseconds since 1970, in decimal: more digits than a number keeps. */
  readonly at: string;
  readonly text: string;
  /** The labels of its stream. */
  readonly stream: Fields;
  /** What else is known of it: structured metadata, and what parsers found. */
  readonly fields: Fields;
}

type Value = readonly [string, string, { structuredMetadata?: Fields; parsed?: Fields }?];

export interface Stream {
  readonly stream: Fields;
  readonly values: readonly Value[];
}

interface Answer {
  readonly status: "success" | "error";
  readonly data: { readonly resultType: string; readonly result: unknown };
}

async function ask(
  path: string,
  parameters: Record<string, string>,
  signal?: AbortSignal,
): Promise<Answer["data"]> {
  return ((await askWhole(path, parameters, signal)) as Answer).data;
}

async function askWhole(
  path: string,
  parameters: Record<string, string>,
  signal?: AbortSignal,
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`/loki/api/v1/${path}?${new URLSearchParams(parameters).toString()}`, {
      credentials: "same-origin",
      // Tells the labels of the stream apart from what is known of single lines.
      headers: { "X-Loki-Response-Encoding-Flags": "categorize-labels" },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw unreachable();
  }
  if (response.ok) return response.json();
  // This API tells what is wrong with a query in plain text.
  if (response.headers.get("content-type")?.startsWith("text/plain") === true)
    throw new ApiError({
      status: response.status,
      code: "refused",
      title: response.status === 400 ? "The query cannot be read" : "The query failed",
      detail: (await response.text()).trim(),
      instance: response.headers.get("x-request-id") ?? undefined,
    });
  throw await readProblem(response);
}

/** What to look for, and where. */
export interface LogRequest {
  readonly query: string;
  /** Nanoseconds since 1970, in decimal. */
  readonly start: string;
  /** Not included. Nanoseconds since 1970, in decimal. */
  readonly end: string;
  readonly limit: number;
}

/** The latest lines of a span, the latest first. Throws ApiError. */
export async function queryLogs(
  { query, start, end, limit }: LogRequest,
  signal?: AbortSignal,
): Promise<readonly LogLine[]> {
  const { resultType, result } = await ask(
    "query_range",
    { query, start, end, limit: String(limit), direction: "backward" },
    signal,
  );
  if (resultType !== "streams")
    throw new ApiError({
      status: 400,
      code: "not_lines",
      title: "This query gives figures, not lines",
      detail: "Take the function around the selector away to see the lines.",
    });
  return linesOf(result as readonly Stream[]);
}

/** Lines of all streams as one list, the latest first. */
export function linesOf(streams: readonly Stream[]): readonly LogLine[] {
  return streams
    .flatMap(({ stream, values }, place) =>
      values.map(([at, text, more], index): LogLine => ({
        key: `${at}-${place}-${index}`,
        at,
        text,
        stream,
        fields: { ...more?.structuredMetadata, ...more?.parsed },
      })),
    )
    .sort((a, b) => compareInstants(b.at, a.at));
}

/** Orders nanoseconds in decimal. */
export function compareInstants(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** A shape that many lines have. */
export interface LogPattern {
  readonly pattern: string;
  readonly level: string;
  /** Seconds since 1970, and how many lines came in the step that begins there. */
  readonly samples: readonly (readonly [number, number])[];
}

/** The most frequent shapes of a query's lines; `oneOf`: one of so many was looked at. Throws ApiError. */
export async function queryPatterns(
  query: string,
  span: { readonly start: number; readonly end: number },
  step: number,
  limit: number,
  signal?: AbortSignal,
): Promise<{ readonly patterns: readonly LogPattern[]; readonly oneOf: number }> {
  const answer = await askWhole(
    "patterns",
    {
      query,
      start: String(span.start / 1000),
      end: String(span.end / 1000),
      step: String(step),
      limit: String(limit),
    },
    signal,
  );
  const { data, stats } = answer as {
    readonly data: readonly LogPattern[];
    readonly stats: { readonly oneOf: number };
  };
  return { patterns: data, oneOf: stats.oneOf };
}

/** A metric query over a span (milliseconds); `step` in seconds. Throws ApiError. */
export async function queryLogMetric(
  query: string,
  span: { readonly start: number; readonly end: number },
  step: number,
  signal?: AbortSignal,
): Promise<readonly Series[]> {
  const { result } = await ask(
    "query_range",
    {
      query,
      start: String(span.start / 1000),
      end: String(span.end / 1000),
      step: String(step),
    },
    signal,
  );
  return result as readonly Series[];
}
