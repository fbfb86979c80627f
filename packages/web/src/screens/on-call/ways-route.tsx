import { queryClient } from "../../api/query-client.ts";
import { Ways } from "./Ways.tsx";
import { waysQuery } from "./queries.ts";

export function loader(): null {
  void queryClient.prefetchQuery(waysQuery);
  return null;
}

export const Component = Ways;
