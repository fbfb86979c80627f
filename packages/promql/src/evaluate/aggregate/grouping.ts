import { Labels, METRIC_NAME } from "../../labels.ts";
import type { AggregatePlan } from "../../plan/plan.ts";
import type { Column } from "../column.ts";

export interface AggregationGroup {
  readonly labels: Labels;
  readonly columns: Column[];
  /** Some member's name is to be dropped when the query ends. */
  dropName: boolean;
}

/** Splits a vector by the labels an aggregation keeps, in the order of first appearance. */
export function groupColumns(
  columns: readonly Column[],
  { grouping, without }: Pick<AggregatePlan, "grouping" | "without">,
): AggregationGroup[] {
  if (!without && grouping.length === 0) {
    const dropName = columns.some((column) => column.dropName);
    return columns.length === 0 ? [] : [{ labels: Labels.empty, columns: [...columns], dropName }];
  }
  const names = new Set(grouping);
  if (without) names.add(METRIC_NAME);
  const groups = new Map<string, AggregationGroup>();
  for (const column of columns) {
    const labels = without ? column.labels.without(names) : column.labels.only(names);
    let group = groups.get(labels.key);
    if (group === undefined) {
      group = { labels, columns: [], dropName: false };
      groups.set(labels.key, group);
    }
    group.columns.push(column);
    group.dropName ||= column.dropName;
  }
  return [...groups.values()];
}
