import { queryClient } from "../../api/query-client.ts";
import { targetsQuery } from "./queries.ts";
import { Targets } from "./Targets.tsx";

export function loader(): null {
  void queryClient.prefetchQuery(targetsQuery);
  return null;
}

export const Component = Targets;
