import { queryClient } from "../../api/query-client.ts";
import { Schedules } from "./Schedules.tsx";
import { onCallQuery, schedulesQuery, peopleQuery } from "./queries.ts";

export function loader(): null {
  void queryClient.prefetchQuery(onCallQuery);
  void queryClient.prefetchQuery(schedulesQuery);
  void queryClient.prefetchQuery(peopleQuery);
  return null;
}

export const Component = Schedules;
