import type { LoaderFunctionArgs } from "react-router";
import { queryClient } from "../../api/query-client.ts";
import { daysOf, Figures, figuresQuery } from "./Figures.tsx";

export function loader({ request }: LoaderFunctionArgs): null {
  void queryClient.prefetchQuery(figuresQuery(daysOf(new URL(request.url).searchParams)));
  return null;
}

export const Component = Figures;
