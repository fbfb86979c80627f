import { queryClient } from "../../api/query-client.ts";
import { ruleGroupsQuery } from "../alerts/queries.ts";
import { RulePage } from "./RulePage.tsx";

export function loader(): null {
  void queryClient.prefetchQuery(ruleGroupsQuery);
  return null;
}

export const Component = RulePage;
