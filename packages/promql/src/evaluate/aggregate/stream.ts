import { Labels, METRIC_NAME } from "../../labels.ts";
import { pinnedMetricName } from "../../matchers.ts";
import type { AggregatePlan, WindowPlan } from "../../plan/plan.ts";
import { Column } from "../column.ts";
import type { EvaluationContext } from "../context.ts";
import { askGrid } from "../pushdown.ts";
import {
  eachWindowSeries,
  noteNonCounter,
  notesKnownByName,
  sampleGridOf,
  slide,
  windowRequest,
} from "../window/evaluate.ts";
import { KEEPS_NAME, windowFunction } from "../window/functions.ts";
import type { GroupedLabels } from "./grouping.ts";
import { type Accumulator, accumulatorOf } from "./reduce.ts";

type Streamable = AggregatePlan & { readonly inner: WindowPlan };

/** Whether series can be added to their groups as they come: windows over samples of one metric. */
export function isStreamable(plan: AggregatePlan, context: EvaluationContext): plan is Streamable {
  const { inner } = plan;
  if (inner.kind !== "window" || inner.range.kind !== "samples" || inner.args.length > 0)
    return false;
  if (inner.function === "absent_over_time" || KEEPS_NAME.has(inner.function)) return false;
  if (context.experimental.delayedNameRemoval || plan.grid.steps < 2) return false;
  if (!plan.without && plan.grouping.includes(METRIC_NAME)) return false;
  return (
    pinnedMetricName(inner.range.selector.matchers) !== undefined &&
    accumulatorOf(plan.operator) !== undefined &&
    windowFunction(inner.function, inner.range.selector.edges) !== undefined
  );
}

/**
 * Aggregates windows over samples without a column for each series: one is used for all of them.
 * undefined: without their metric's name, series might have the same labels, and nobody would notice.
 */
export async function aggregateStream(
  plan: Streamable,
  context: EvaluationContext,
): Promise<Column[] | undefined> {
  const { inner, operator, grid } = plan;
  const { steps } = grid;
  const edges = inner.range.kind === "samples" ? inner.range.selector.edges : undefined;
  const accumulate = accumulatorOf(operator);
  const compute = windowFunction(inner.function, edges);
  if (accumulate === undefined || compute === undefined) return undefined;
  const reduction = { steps, annotations: context.annotations, span: inner.span };
  const names = context.groupNames(plan);
  const groups = new Map<Labels, Accumulator>();
  const groupOf = (labels: Labels): Accumulator => {
    let group = groups.get(labels);
    if (group === undefined) {
      group = accumulate(Column.empty(labels, steps), reduction);
      groups.set(labels, group);
    }
    return group;
  };
  const isNoted = notesKnownByName(inner);
  const shared = Column.empty(Labels.empty, steps);
  let ambiguous = false;
  const add = (labels: Labels, { nameless, group }: GroupedLabels, column: Column): void => {
    ambiguous ||= nameless.size !== labels.size - 1;
    if (ambiguous || column.isEmpty) return;
    if (!isNoted) noteNonCounter(inner, labels, column, context);
    groupOf(group).add(column);
  };
  const request = windowRequest(inner, context);
  const answer =
    request === undefined ? undefined : await askGrid(request, sampleGridOf(inner.range), context);
  for (const column of answer ?? []) {
    const grouped = names.of(column.labels);
    add(column.labels, grouped, column.relabelled(grouped.nameless));
  }
  if (answer === undefined) {
    await eachWindowSeries(inner.range, inner.function, context, noSubquery, (labels, series) => {
      const grouped = names.of(labels);
      const floats = series.histogramTimes.length === 0;
      if (floats) shared.clear();
      const column = floats ? shared : Column.empty(grouped.nameless, steps);
      slide(inner, compute, series, [], context, column);
      add(labels, grouped, column);
    });
  }
  return ambiguous
    ? undefined
    : [...groups.values()].map((group) => group.finish()).filter((column) => !column.isEmpty);
}

function noSubquery(): never {
  throw new TypeError("a subquery is evaluated as a whole");
}
