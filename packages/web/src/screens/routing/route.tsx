import { queryClient } from "../../api/query-client.ts";
import { routingQuery } from "./queries.ts";
import { Routing } from "./Routing.tsx";

export function loader(): null {
  void queryClient.prefetchQuery(routingQuery);
  return null;
}

export const Component = Routing;
