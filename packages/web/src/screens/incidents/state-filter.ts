import type { StateFilter } from "./queries.ts";

/** The filter as it stands in the URL; open incidents unless it says otherwise. */
export function stateFilterOf(params: URLSearchParams): StateFilter {
  const given = params.get("state");
  return given === "resolved" || given === "all" ? given : "open";
}
