import { queryClient } from "../../api/query-client.ts";
import { receiversQuery, watchdogQuery } from "./queries.ts";
import { Receivers } from "./Receivers.tsx";

export function loader(): null {
  void queryClient.prefetchQuery(receiversQuery);
  void queryClient.prefetchQuery(watchdogQuery);
  return null;
}

export const Component = Receivers;
