import { getCardinality } from "@seaworthy/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import type { SeriesQuestion } from "./question.ts";

/** Counting all series is work for the server: it is asked rarely. */
export function cardinalityQuery({ metric, label, days }: SeriesQuestion) {
  return queryOptions({
    queryKey: ["cardinality", metric, label, days],
    queryFn: ({ signal }) =>
      call(
        getCardinality,
        {
          query: {
            days,
            ...(metric === undefined ? {} : { metric }),
            ...(label === undefined ? {} : { label }),
          },
        },
        signal,
      ),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
}
