import type { RuleLanguage } from "@seaworthy/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { queryLogMetric } from "../api/loki.ts";
import { queryExemplars, queryRange } from "../api/prometheus.ts";
import type { Span } from "../time/time-range.ts";

/** An expression over an aligned span. While the span moves on, the last answer stays. */
export function rangeQuery(expression: string, span: Span, step: number, language: RuleLanguage) {
  const ask = language === "logql" ? queryLogMetric : queryRange;
  return queryOptions({
    queryKey: ["range", language, expression, step, span.start, span.end],
    queryFn: ({ signal }) => ask(expression, span, step, signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
  });
}

/** The exemplars of what an expression selects. */
export function exemplarsQuery(expression: string, span: Span) {
  return queryOptions({
    queryKey: ["exemplars", expression, span.start, span.end],
    queryFn: ({ signal }) => queryExemplars(expression, span, signal),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: Infinity,
    gcTime: 60_000,
  });
}
