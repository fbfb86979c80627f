import {
  compareTraces,
  getServiceMap,
  getTrace,
  getTraceDurations,
  getTraceNames,
  listTraceOperations,
  searchTraces,
  type Trace,
} from "@seaworthy/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { queryLogMetric } from "../../api/loki.ts";
import type { Span } from "../../time/time-range.ts";
import { logsOfTrace } from "./span-logs.ts";

/** Traces that are shown at once. */
export const mostTraces = 100;

const instants = ({ start, end }: Span) => ({
  start: new Date(start).toISOString(),
  end: new Date(end).toISOString(),
});

/** What was asked of a span of time stays an answer: time goes on, and another span is asked for. */
const settled = { staleTime: Infinity, gcTime: 60_000, placeholderData: keepPreviousData } as const;

export function foundTraces(q: string, span: Span) {
  return queryOptions({
    ...settled,
    queryKey: ["traces", q, span.start, span.end],
    queryFn: ({ signal }) =>
      call(searchTraces, { query: { q, ...instants(span), limit: mostTraces } }, signal),
  });
}

export function durationsOf(q: string, span: Span, steps: number) {
  return queryOptions({
    ...settled,
    queryKey: ["trace-durations", q, span.start, span.end, steps],
    queryFn: ({ signal }) =>
      call(getTraceDurations, { query: { q, ...instants(span), steps } }, signal),
  });
}

export function namesOf(service: string | undefined, span: Span) {
  return queryOptions({
    queryKey: ["trace-names", service, span.start, span.end],
    queryFn: ({ signal }) => call(getTraceNames, { query: { service, ...instants(span) } }, signal),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
}

export function rankedOperations(
  service: string | undefined,
  sort: "total" | "p95" | "errors",
  span: Span,
) {
  return queryOptions({
    ...settled,
    queryKey: ["trace-operations", service, sort, span.start, span.end],
    queryFn: ({ signal }) =>
      call(listTraceOperations, { query: { service, sort, ...instants(span) } }, signal),
  });
}

export function servicesAndCalls(span: Span) {
  return queryOptions({
    ...settled,
    queryKey: ["service-map", span.start, span.end],
    queryFn: ({ signal }) => call(getServiceMap, { query: instants(span) }, signal),
  });
}

export function slowAgainstNormal(q: string, slowerThan: string | undefined, span: Span) {
  return queryOptions({
    ...settled,
    queryKey: ["trace-comparison", q, slowerThan, span.start, span.end],
    queryFn: ({ signal }) =>
      call(compareTraces, { query: { q, slowerThan, ...instants(span) } }, signal),
  });
}

export function traceQuery(traceId: string) {
  return queryOptions({
    queryKey: ["trace", traceId],
    queryFn: ({ signal }) => call(getTrace, { params: { traceId } }, signal),
    staleTime: 30_000,
  });
}

/** How many log lines each span of a trace has. */
export function logCounts(trace: Trace) {
  const { query, span } = logsOfTrace(trace);
  const seconds = Math.ceil((span.end - span.start) / 1000);
  return queryOptions({
    queryKey: ["trace-logs", trace.traceId, trace.durationNs],
    queryFn: async ({ signal }): Promise<ReadonlyMap<string, number>> => {
      const series = await queryLogMetric(
        `sum by (span_id) (count_over_time(${query} [${seconds}s]))`,
        { start: span.end, end: span.end },
        seconds,
        signal,
      );
      return new Map(
        series.map(({ metric, values }) => [
          metric["span_id"] ?? "",
          Number(values.at(-1)?.[1] ?? 0),
        ]),
      );
    },
    staleTime: 30_000,
  });
}
