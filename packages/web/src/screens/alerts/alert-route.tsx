import type { LoaderFunctionArgs } from "react-router";
import { queryClient } from "../../api/query-client.ts";
import { AlertPage } from "./AlertPage.tsx";
import { alertHistoryQuery, alertsQuery } from "./queries.ts";

export function loader({ params }: LoaderFunctionArgs): null {
  void queryClient.prefetchQuery(alertsQuery);
  void queryClient.prefetchQuery(alertHistoryQuery(params["fingerprint"] ?? ""));
  return null;
}

export const Component = AlertPage;
