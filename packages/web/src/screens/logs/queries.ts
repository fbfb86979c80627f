import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { queryLogMetric, queryLogs, queryPatterns } from "../../api/loki.ts";
import type { Span } from "../../time/time-range.ts";
import { volumeQuery } from "./log-query.ts";

/** Lines that are asked for at once. */
export const pageOfLines = 500;

/** Patterns that are shown. */
const mostPatterns = 50;

export const nanoseconds = (ms: number) => `${Math.round(ms)}000000`;

/** The latest lines of a span, and on request the ones before. */
export function linesQuery(query: string, span: Span) {
  return infiniteQueryOptions({
    queryKey: ["logs", query, span.start, span.end],
    queryFn: ({ pageParam, signal }) =>
      queryLogs(
        { query, start: nanoseconds(span.start), end: pageParam, limit: pageOfLines },
        signal,
      ),
    initialPageParam: nanoseconds(span.end),
    // The end is not included: the next page goes on before the oldest line of this one.
    getNextPageParam: (page) => (page.length < pageOfLines ? null : (page.at(-1)?.at ?? null)),
    staleTime: Infinity,
    gcTime: 60_000,
    placeholderData: keepPreviousData,
  });
}

/** How many lines of each level over the span. */
export function volumeOf(query: string, span: Span, step: number) {
  return queryOptions({
    queryKey: ["log-volume", query, span.start, span.end, step],
    queryFn: ({ signal }) => queryLogMetric(volumeQuery(query, step), span, step, signal),
    staleTime: Infinity,
    gcTime: 60_000,
    placeholderData: keepPreviousData,
  });
}

/** The most frequent shapes of the lines over the span. */
export function patternsQuery(query: string, span: Span, step: number) {
  return queryOptions({
    queryKey: ["log-patterns", query, span.start, span.end, step],
    queryFn: ({ signal }) => queryPatterns(query, span, step, mostPatterns, signal),
    staleTime: Infinity,
    gcTime: 60_000,
    placeholderData: keepPreviousData,
  });
}
