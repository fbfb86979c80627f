import { queryClient } from "../../api/query-client.ts";
import { Components } from "./Components.tsx";
import { statusPageQuery } from "./queries.ts";

export function loader(): null {
  void queryClient.prefetchQuery(statusPageQuery);
  return null;
}

export const Component = Components;
