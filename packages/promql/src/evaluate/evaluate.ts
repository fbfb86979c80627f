import { PromqlError } from "../errors.ts";
import { timeAt } from "../grid.ts";
import { Labels } from "../labels.ts";
import type { AggregatePlan, BinaryPlan, Plan, RangePlan, WindowPlan } from "../plan/plan.ts";
import { scale } from "../histogram/arithmetic.ts";
import { FLOAT } from "../source.ts";
import { aggregate, askFused } from "./aggregate/evaluate.ts";
import { inSlices, isSliceable } from "./aggregate/slices.ts";
import { aggregateStream, isStreamable } from "./aggregate/stream.ts";
import { scalarScalar, vectorScalar } from "./binary/scalar.ts";
import { setOperation } from "./binary/sets.ts";
import { vectorVector } from "./binary/vectors.ts";
import { evaluateCall } from "./call.ts";
import { Column } from "./column.ts";
import type { EvaluationContext } from "./context.ts";
import { absentColumn, wantedLabels } from "./functions/absent.ts";
import { enrich } from "./functions/info.ts";
import { evaluateLookup } from "./lookup.ts";
import { stretched } from "./pushdown.ts";
import { columnsOf, scalarsOf, type Value, vector } from "./value.ts";
import { eachWindowSeries, evaluateWindow, sampleGridOf } from "./window/evaluate.ts";

/** Evaluates a plan on its grid, sources asked in parallel. */
export async function evaluate(plan: Plan, context: EvaluationContext): Promise<Value> {
  context.checkAborted();
  switch (plan.kind) {
    case "number":
      return { type: "scalar", values: new Float64Array(plan.grid.steps).fill(plan.value) };
    case "string":
      return { type: "string", value: plan.value };
    case "lookup":
      return vector(await evaluateLookup(plan, context));
    case "window":
      return vector(await windowColumns(plan, context));
    case "call": {
      const args = await Promise.all(plan.args.map((arg) => evaluate(arg, context)));
      return evaluateCall(plan, args, context);
    }
    case "info":
      return vector(await enrich(plan, columnsOf(await evaluate(plan.inner, context)), context));
    case "unary":
      return negated(plan.operator, await evaluate(plan.inner, context), plan, context);
    case "binary": {
      const [left, right] = await Promise.all([
        evaluate(plan.left, context),
        evaluate(plan.right, context),
      ]);
      return binary(plan, left, right, context);
    }
    case "aggregate": {
      const slices = isSliceable(plan)
        ? await inSlices(plan, context, aggregateColumns)
        : undefined;
      return vector(slices ?? (await aggregateColumns(plan, context)));
    }
    case "repeat":
      return repeated(await evaluate(plan.inner, context), plan.grid.steps);
    default:
      throw new PromqlError("execution", "a range vector is not a value of its own", plan.span);
  }
}

async function aggregateColumns(
  plan: AggregatePlan,
  context: EvaluationContext,
): Promise<Column[]> {
  const fused = await askFused(plan, context);
  if (fused !== undefined) return fused;
  if (isStreamable(plan, context)) {
    const streamed = await aggregateStream(plan, context);
    if (streamed !== undefined) return streamed;
  }
  const [inner, parameter] = await Promise.all([
    evaluate(plan.inner, context),
    plan.parameter === undefined ? undefined : evaluate(plan.parameter, context),
  ]);
  return aggregate(plan, columnsOf(inner), parameter, context);
}

async function windowColumns(plan: WindowPlan, context: EvaluationContext): Promise<Column[]> {
  const subquery = async (range: RangePlan & { kind: "subquery" }): Promise<Value> =>
    range.inner.grid.steps < 1 ? vector([]) : evaluate(range.inner, context);
  const args = await Promise.all(plan.args.map((arg) => evaluate(arg, context)));
  if (plan.function === "absent_over_time") {
    const present = new Uint8Array(plan.grid.steps);
    await eachWindowSeries(plan.range, plan.function, context, subquery, (_, series) => {
      markPresent(plan, series.times, present);
      markPresent(plan, series.histogramTimes, present);
    });
    return absentColumn(present, wantedLabels(plan.range));
  }
  return evaluateWindow(plan, args.map(scalarsOf), context, subquery);
}

/** Marks the steps whose window holds one of the times. */
function markPresent({ range }: WindowPlan, times: Float64Array, present: Uint8Array): void {
  const grid = sampleGridOf(range);
  let next = 0;
  for (let step = 0; step < present.length; step += 1) {
    const end = timeAt(grid, step);
    while (next < times.length && (times[next] ?? 0) <= end) next += 1;
    const last = times[next - 1];
    if (last !== undefined && last > end - range.rangeMs) present[step] = 1;
  }
}

function negated(operator: "+" | "-", value: Value, plan: Plan, context: EvaluationContext): Value {
  if (operator === "+") return value;
  if (value.type === "scalar") return { type: "scalar", values: value.values.map((v) => -v) };
  const { steps } = plan.grid;
  const columns = columnsOf(value).map((column) => {
    const result = Column.empty(column.labels, steps, column.dropName);
    for (let step = 0; step < steps; step += 1) {
      const histogram = column.histogramAt(step);
      if (histogram !== undefined) {
        result.setHistogram(step, { ...scale(histogram, -1), counterResetHint: "gauge" });
      } else if (column.kinds[step] === FLOAT) result.setFloat(step, -(column.values[step] ?? 0));
    }
    return result;
  });
  return vector(context.dropNames(columns, steps));
}

function binary(plan: BinaryPlan, left: Value, right: Value, context: EvaluationContext): Value {
  if (left.type === "scalar" && right.type === "scalar") {
    return { type: "scalar", values: scalarScalar(plan, left.values, right.values) };
  }
  if (left.type === "scalar") {
    return vector(vectorScalar(plan, columnsOf(right), left.values, true, context));
  }
  if (right.type === "scalar") {
    return vector(vectorScalar(plan, columnsOf(left), right.values, false, context));
  }
  const { operator, matching, grid } = plan;
  if (matching === undefined) {
    throw new PromqlError("execution", "vector matching was not settled by the check", plan.span);
  }
  const sides = [columnsOf(left), columnsOf(right)] as const;
  if (operator === "and" || operator === "or" || operator === "unless") {
    return vector(setOperation(operator, ...sides, matching, grid.steps));
  }
  return vector(vectorVector(plan, matching, ...sides, context));
}

function repeated(value: Value, steps: number): Value {
  if (value.type === "string") return value;
  if (value.type === "scalar") {
    return { type: "scalar", values: new Float64Array(steps).fill(value.values[0] ?? 0) };
  }
  return vector(value.columns.map((column) => stretched(column, steps)));
}

/** A scalar as a series without labels, which is how a range query answers one. */
export function scalarColumn(values: Float64Array): Column {
  const column = Column.empty(Labels.empty, values.length);
  column.kinds.fill(FLOAT);
  column.values.set(values);
  return column;
}
