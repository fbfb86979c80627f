import { queryClient } from "../../api/query-client.ts";
import { ActiveAlerts } from "./ActiveAlerts.tsx";
import { alertsQuery } from "./queries.ts";

export function loader(): null {
  void queryClient.prefetchQuery(alertsQuery);
  return null;
}

export const Component = ActiveAlerts;
