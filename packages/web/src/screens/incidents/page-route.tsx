import type { LoaderFunctionArgs } from "react-router";
import { queryClient } from "../../api/query-client.ts";
import { IncidentPage } from "./IncidentPage.tsx";
import { incidentQuery } from "./queries.ts";

export function loader({ params }: LoaderFunctionArgs): null {
  void queryClient.prefetchQuery(incidentQuery(params["number"] ?? ""));
  return null;
}

export const Component = IncidentPage;
