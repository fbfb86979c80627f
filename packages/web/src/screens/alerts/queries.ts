import { listAlerts, listNotifications } from "@seaworthy/contract";
import { queryOptions } from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { pollEvery } from "../../api/live.ts";
import { listRuleGroups } from "../../api/prometheus.ts";

export const alertsQuery = queryOptions({
  queryKey: ["alerts"],
  queryFn: ({ signal }) => call(listAlerts, {}, signal),
  // Values move without an event.
  refetchInterval: pollEvery(15_000),
});

export const notificationsQuery = queryOptions({
  queryKey: ["notifications"],
  queryFn: ({ signal }) => call(listNotifications, { query: { limit: 100 } }, signal),
  refetchInterval: pollEvery(60_000),
});

export const ruleGroupsQuery = queryOptions({
  queryKey: ["rules"],
  queryFn: ({ signal }) => listRuleGroups(signal),
  refetchInterval: pollEvery(15_000),
});
