import { getOverview } from "@seaworthy/contract";
import { queryOptions } from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { pollEvery } from "../../api/live.ts";

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => call(getOverview, {}, signal),
  // Rates move without an event: they are asked for again while somebody looks.
  refetchInterval: pollEvery(10_000),
});
