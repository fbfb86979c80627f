import { queryClient } from "../../api/query-client.ts";
import { Announcements } from "./Announcements.tsx";
import { statusPageQuery } from "./queries.ts";

export function loader(): null {
  void queryClient.prefetchQuery(statusPageQuery);
  return null;
}

export const Component = Announcements;
