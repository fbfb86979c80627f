import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { queryInstant } from "../../api/prometheus.ts";

/** An expression at an instant, milliseconds since 1970. */
export function instantQuery(expression: string, at: number) {
  return queryOptions({
    queryKey: ["instant", expression, at],
    queryFn: ({ signal }) => queryInstant(expression, at, signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
  });
}
