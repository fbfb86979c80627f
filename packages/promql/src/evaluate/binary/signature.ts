import { type Labels, METRIC_NAME } from "../../labels.ts";
import type { VectorMatching } from "../../parse/ast.ts";
import type { Column } from "../column.ts";

/** The labels by which two series match. */
function matchLabels({ on, labels }: VectorMatching): (labels: Labels) => Labels {
  const names = new Set(labels);
  if (on) return (all) => all.only(names);
  names.add(METRIC_NAME);
  return (all) => all.without(names);
}

/** Series of both sides that match each other. */
export interface MatchGroup {
  /** The labels they share. */
  readonly labels: Labels;
  readonly left: Column[];
  readonly right: Column[];
}

export function matchGroups(
  left: readonly Column[],
  right: readonly Column[],
  matching: VectorMatching,
): Map<string, MatchGroup> {
  const shared = matchLabels(matching);
  const groups = new Map<string, MatchGroup>();
  const groupOf = (column: Column): MatchGroup => {
    const labels = shared(column.labels);
    let group = groups.get(labels.key);
    if (group === undefined) {
      group = { labels, left: [], right: [] };
      groups.set(labels.key, group);
    }
    return group;
  };
  for (const column of left) groupOf(column).left.push(column);
  for (const column of right) groupOf(column).right.push(column);
  return groups;
}
