import { queryClient } from "../../api/query-client.ts";
import { alertsQuery } from "../alerts/queries.ts";
import { overviewQuery } from "../overview/queries.ts";
import { Controls } from "./Controls.tsx";
import { controlsQuery } from "./queries.ts";

export function loader(): null {
  void queryClient.prefetchQuery(controlsQuery);
  void queryClient.prefetchQuery(overviewQuery);
  void queryClient.prefetchQuery(alertsQuery);
  return null;
}

export const Component = Controls;
