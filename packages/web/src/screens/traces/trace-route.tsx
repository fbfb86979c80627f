import type { LoaderFunctionArgs } from "react-router";
import { queryClient } from "../../api/query-client.ts";
import { traceQuery } from "./queries.ts";
import { TracePage } from "./TracePage.tsx";

export function loader({ params }: LoaderFunctionArgs): null {
  void queryClient.prefetchQuery(traceQuery(params["traceId"] ?? ""));
  return null;
}

export const Component = TracePage;
