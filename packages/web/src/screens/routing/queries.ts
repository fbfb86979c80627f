import { explainRouting, getRouting } from "@seaworthy/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { pollEvery } from "../../api/live.ts";

export const routingQuery = queryOptions({
  queryKey: ["routing"],
  queryFn: ({ signal }) => call(getRouting, {}, signal),
  refetchInterval: pollEvery(60_000),
});

/** What becomes of an alert with these labels now. While others are asked about, the last answer stays. */
export function explainQuery(labels: Readonly<Record<string, string>>) {
  return queryOptions({
    queryKey: ["routing", "explain", labels],
    queryFn: ({ signal }) => call(explainRouting, { body: { labels } }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: pollEvery(30_000),
  });
}
