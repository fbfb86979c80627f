import { getNoise, suggestInhibitions } from "@seaworthy/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { call } from "../../api/call.ts";

/** What the past says changes slowly, and is made from much: it is asked for rarely. */
const slowly = { staleTime: 60_000, placeholderData: keepPreviousData };

/** The noisiest alerts of the last days. */
export function noiseQuery(days: number) {
  return queryOptions({
    queryKey: ["noise", days],
    queryFn: ({ signal }) => call(getNoise, { query: { days } }, signal),
    ...slowly,
  });
}

/** Inhibition rules that the last days speak for. */
export const suggestionsQuery = queryOptions({
  queryKey: ["noise", "suggestions"],
  queryFn: ({ signal }) => call(suggestInhibitions, {}, signal),
  ...slowly,
});
