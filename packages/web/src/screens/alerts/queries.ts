import {
  getAlertHistory,
  listAlerts,
  listNotifications,
  listUnusedRules,
} from "@seaworthy/contract";
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

/** As far back as an alert's history is shown. */
export const historyDays = 7;

/** When an alert fired lately. */
export function alertHistoryQuery(fingerprint: string) {
  return queryOptions({
    queryKey: ["alerts", "history", fingerprint],
    queryFn: ({ signal }) =>
      call(getAlertHistory, { query: { fingerprint, days: historyDays } }, signal),
    refetchInterval: pollEvery(60_000),
  });
}

/** Rules that have not fired, or cannot. Made from much, and slow to change. */
export const unusedRulesQuery = queryOptions({
  queryKey: ["rules-unused"],
  queryFn: ({ signal }) => call(listUnusedRules, {}, signal),
  staleTime: 60_000,
});
