import type { LoaderFunctionArgs } from "react-router";
import { queryClient } from "../../api/query-client.ts";
import { IncidentList } from "./IncidentList.tsx";
import { incidentPagesQuery } from "./queries.ts";
import { stateFilterOf } from "./state-filter.ts";

export function loader({ request }: LoaderFunctionArgs): null {
  const filter = stateFilterOf(new URL(request.url).searchParams);
  void queryClient.prefetchInfiniteQuery(incidentPagesQuery(filter));
  return null;
}

export const Component = IncidentList;
