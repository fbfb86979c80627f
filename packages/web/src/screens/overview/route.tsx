import { queryClient } from "../../api/query-client.ts";
import { alertsQuery } from "../alerts/queries.ts";
import { notificationsQuery } from "../alerts/queries.ts";
import { Overview } from "./Overview.tsx";
import { overviewQuery } from "./queries.ts";

export function loader(): null {
  void queryClient.prefetchQuery(overviewQuery);
  void queryClient.prefetchQuery(alertsQuery);
  void queryClient.prefetchQuery(notificationsQuery);
  return null;
}

export const Component = Overview;
