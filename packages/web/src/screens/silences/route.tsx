import { queryClient } from "../../api/query-client.ts";
import { silencesQuery } from "./queries.ts";
import { Silences } from "./Silences.tsx";

export function loader(): null {
  void queryClient.prefetchQuery(silencesQuery);
  return null;
}

export const Component = Silences;
