import type { LoaderFunctionArgs } from "react-router";
import { queryClient } from "../../api/query-client.ts";
import { daysInUrl } from "../../time/look-back.ts";
import { choice, Figures, figuresQuery } from "./Figures.tsx";

export function loader({ request }: LoaderFunctionArgs): null {
  void queryClient.prefetchQuery(
    figuresQuery(daysInUrl(new URL(request.url).searchParams, choice)),
  );
  return null;
}

export const Component = Figures;
