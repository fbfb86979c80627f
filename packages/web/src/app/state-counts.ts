import { useQuery } from "@tanstack/react-query";
import { overviewQuery } from "../screens/overview/queries.ts";
import { paths } from "./paths.ts";

interface StateCount {
  readonly n: number;
  readonly what: string;
}

/** How many things need somebody, by the path of the place where they are. */
export function useStateCounts(): Readonly<Record<string, StateCount>> {
  const { data } = useQuery(overviewQuery);
  if (data === undefined) return {};
  return {
    [paths.incidents()]: { n: data.openIncidents.length, what: "open" },
    [paths.alerts()]: { n: data.firing, what: "firing" },
    [paths.targets()]: { n: data.targets.down, what: "down" },
  };
}
