import { PromqlError } from "../../errors.ts";
import { METRIC_NAME } from "../../labels.ts";
import type { AggregatePlan, Plan } from "../../plan/plan.ts";
import type { GridAggregation, GridRequest } from "../../source.ts";
import type { Column } from "../column.ts";
import type { EvaluationContext } from "../context.ts";
import { askGrid } from "../pushdown.ts";
import { warnInvalidQuantile } from "../quantile.ts";
import { scalarsOf, stringOf, type Value } from "../value.ts";
import { notesKnownByName, sampleGridOf, windowRequest } from "../window/evaluate.ts";
import { countValues } from "./count-values.ts";
import { groupColumns } from "./grouping.ts";
import { quantileReducer, reducer, type Reduction } from "./reduce.ts";
import { limited, ranked, sampled, type Selection } from "./select.ts";

const SELECTIONS: Readonly<Record<string, Selection>> = {
  topk: ranked(true),
  bottomk: ranked(false),
  limitk: limited,
  limit_ratio: sampled,
};
const FUSED: ReadonlySet<string> = new Set<GridAggregation>([
  "sum",
  "avg",
  "min",
  "max",
  "count",
  "group",
]);

/** Aggregates a vector that has been evaluated. */
export function aggregate(
  plan: AggregatePlan,
  columns: readonly Column[],
  parameter: Value | undefined,
  context: EvaluationContext,
): Column[] {
  const { steps } = plan.grid;
  const { annotations } = context;
  const reduction: Reduction = { steps, annotations, span: plan.inner.span };
  if (plan.operator === "count_values") {
    return countValues(columns, stringOf(parameter), plan, steps);
  }
  const selection = SELECTIONS[plan.operator];
  const groups = groupColumns(columns, plan);
  if (selection !== undefined) {
    const span = plan.operator === "limit_ratio" ? spanOf(plan.parameter, plan) : plan.inner.span;
    return selection(groups, scalarsOf(parameter), { ...reduction, span });
  }
  if (plan.operator === "quantile") {
    const quantiles = scalarsOf(parameter);
    for (const value of quantiles) {
      warnInvalidQuantile(annotations, value, spanOf(plan.parameter, plan));
    }
    const reduce = quantileReducer(quantiles);
    return groups.map((group) => reduce(group, reduction)).filter((column) => !column.isEmpty);
  }
  const reduce = reducer(plan.operator);
  if (reduce === undefined) {
    throw new PromqlError(
      "unsupported",
      `aggregation "${plan.operator}" is not offered`,
      plan.span,
    );
  }
  return groups.map((group) => reduce(group, reduction)).filter((column) => !column.isEmpty);
}

function spanOf(parameter: Plan | undefined, plan: AggregatePlan): Plan["span"] {
  return parameter?.span ?? plan.span;
}

/** Asks the source for an aggregation together with what it aggregates; undefined: it declines. */
export async function askFused(
  plan: AggregatePlan,
  context: EvaluationContext,
): Promise<Column[] | undefined> {
  if (context.source.grid === undefined || !FUSED.has(plan.operator)) return undefined;
  // The source's answer has no metric names, so they cannot be what to group by.
  if (!plan.without && plan.grouping.includes(METRIC_NAME)) return undefined;
  const { inner } = plan;
  let request: Omit<GridRequest, "grid"> | undefined;
  if (inner.kind === "lookup" && inner.wanted === "value" && inner.selector.edges === undefined) {
    const { matchers } = inner.selector;
    request = { matchers, function: "lookup", windowMs: inner.windowMs };
  } else if (inner.kind === "window" && notesKnownByName(inner)) {
    request = windowRequest(inner, context);
  }
  if (request === undefined) return undefined;
  const aggregation = {
    operator: plan.operator as GridAggregation,
    without: plan.without,
    labels: plan.grouping,
  };
  const sampleGrid =
    inner.kind === "window" ? sampleGridOf(inner.range) : sampleGridOfLookup(inner);
  return askGrid({ ...request, aggregate: aggregation }, sampleGrid, context);
}

function sampleGridOfLookup(plan: Plan): Plan["grid"] {
  return plan.kind === "lookup" ? plan.selector.sampleGrid : plan.grid;
}
