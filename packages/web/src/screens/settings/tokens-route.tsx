import { queryClient } from "../../api/query-client.ts";
import { tokensQuery } from "./queries.ts";
import { Tokens } from "./Tokens.tsx";

export function loader(): null {
  void queryClient.prefetchQuery(tokensQuery);
  return null;
}

export const Component = Tokens;
