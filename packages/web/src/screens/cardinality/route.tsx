import type { LoaderFunctionArgs } from "react-router";
import { queryClient } from "../../api/query-client.ts";
import { CardinalityPage } from "./CardinalityPage.tsx";
import { cardinalityQuery } from "./queries.ts";
import { readQuestion } from "./question.ts";

export function loader({ request }: LoaderFunctionArgs): null {
  const question = readQuestion(new URL(request.url).searchParams);
  void queryClient.prefetchQuery(cardinalityQuery(question));
  return null;
}

export const Component = CardinalityPage;
