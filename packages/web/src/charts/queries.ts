import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { queryRange } from "../api/prometheus.ts";
import type { Span } from "../time/time-range.ts";

/** An expression over an aligned span. While the span moves on, the last answer stays. */
export function rangeQuery(expression: string, span: Span, step: number) {
  return queryOptions({
    queryKey: ["range", expression, step, span.start, span.end],
    queryFn: ({ signal }) => queryRange(expression, span, step, signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
  });
}
