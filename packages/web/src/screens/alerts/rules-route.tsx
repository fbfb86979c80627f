import { queryClient } from "../../api/query-client.ts";
import { ruleGroupsQuery } from "./queries.ts";
import { RuleGroups } from "./RuleGroups.tsx";

export function loader(): null {
  void queryClient.prefetchQuery(ruleGroupsQuery);
  return null;
}

export const Component = RuleGroups;
