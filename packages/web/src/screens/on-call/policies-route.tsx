import { queryClient } from "../../api/query-client.ts";
import { Policies } from "./Policies.tsx";
import { policiesQuery, schedulesQuery, peopleQuery } from "./queries.ts";

export function loader(): null {
  void queryClient.prefetchQuery(policiesQuery);
  void queryClient.prefetchQuery(schedulesQuery);
  void queryClient.prefetchQuery(peopleQuery);
  return null;
}

export const Component = Policies;
