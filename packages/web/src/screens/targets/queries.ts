import { queryOptions } from "@tanstack/react-query";
import { pollEvery } from "../../api/live.ts";
import { listTargets } from "../../api/prometheus.ts";

export const targetsQuery = queryOptions({
  queryKey: ["targets"],
  queryFn: ({ signal }) => listTargets(signal),
  refetchInterval: pollEvery(10_000),
});
