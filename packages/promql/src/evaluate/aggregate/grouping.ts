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

/** A series' labels as an aggregation looks at them. */
export interface GroupedLabels {
  /** Without the metric's name. */
  readonly nameless: Labels;
  /** Those of its group: one and the same object for all members. */
  readonly group: Labels;
}

/**
 * The groups of series that come one by one, and again with every slice of a long query: found out
 * once for each label set that a source keeps.
 */
export class GroupNames {
  readonly #names: ReadonlySet<string>;
  readonly #without: boolean;
  readonly #known = new WeakMap<Labels, GroupedLabels>();
  readonly #groups = new Map<string, Labels>();

  constructor({ grouping, without }: Pick<AggregatePlan, "grouping" | "without">) {
    this.#names = new Set(without ? [...grouping, METRIC_NAME] : grouping);
    this.#without = without;
  }

  of(labels: Labels): GroupedLabels {
    const known = this.#known.get(labels);
    if (known !== undefined) return known;
    const nameless = labels.withoutMetric();
    const own = this.#without ? nameless.without(this.#names) : nameless.only(this.#names);
    const group = this.#groups.get(own.key) ?? own;
    this.#groups.set(own.key, group);
    const grouped = { nameless, group };
    this.#known.set(labels, grouped);
    return grouped;
  }
}
