import { queryClient } from "../../api/query-client.ts";
import { People } from "./People.tsx";
import { peopleQuery } from "./queries.ts";

export function loader(): null {
  void queryClient.prefetchQuery(peopleQuery);
  return null;
}

export const Component = People;
