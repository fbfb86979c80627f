import type { LoaderFunctionArgs } from "react-router";
import { queryClient } from "../../api/query-client.ts";
import { daysInUrl } from "../../time/look-back.ts";
import { choice } from "./days.ts";
import { Noise } from "./Noise.tsx";
import { noiseQuery, suggestionsQuery } from "./queries.ts";

export function loader({ request }: LoaderFunctionArgs): null {
  void queryClient.prefetchQuery(noiseQuery(daysInUrl(new URL(request.url).searchParams, choice)));
  void queryClient.prefetchQuery(suggestionsQuery);
  return null;
}

export const Component = Noise;
