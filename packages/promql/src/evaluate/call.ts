import { PromqlError, type Span } from "../errors.ts";
import { timeAt } from "../grid.ts";
import { Labels } from "../labels.ts";
import type { CallPlan } from "../plan/plan.ts";
import { FLOAT } from "../source.ts";
import { Column } from "./column.ts";
import type { EvaluationContext } from "./context.ts";
import { absentColumn, presence, wantedLabels } from "./functions/absent.ts";
import { datePart } from "./functions/dates.ts";
import {
  fractions,
  histogramPart,
  labelledQuantiles,
  mapHistograms,
  quantiles,
} from "./functions/histograms.ts";
import { labelJoin, labelReplace } from "./functions/labels.ts";
import { clamp, least, mapFloats, most, round, simpleFunction } from "./functions/math.ts";
import { sortByLabels, sortByValue } from "./functions/sort.ts";
import { columnsOf, scalarsOf, stringOf, type Value, vector } from "./value.ts";

interface Call {
  readonly plan: CallPlan;
  readonly args: readonly Value[];
  readonly context: EvaluationContext;
  readonly steps: number;
}

type Function = (call: Call) => Value;

/** Calls a function whose arguments have been evaluated. */
export function evaluateCall(
  plan: CallPlan,
  args: readonly Value[],
  context: EvaluationContext,
): Value {
  const call: Call = { plan, args, context, steps: plan.grid.steps };
  const name = plan.function;
  const simple = simpleFunction(name);
  if (simple !== undefined)
    return nameless(call, mapFloats(columnsOf(args[0]), call.steps, simple));
  const part = histogramPart(name);
  if (part !== undefined)
    return nameless(call, mapHistograms(columnsOf(args[0]), call.steps, part));
  const date = datePart(name);
  if (date !== undefined) {
    const columns = args[0] === undefined ? [clock(call)] : columnsOf(args[0]);
    return nameless(call, mapFloats(columns, call.steps, date));
  }
  const run = FUNCTIONS[name];
  if (run === undefined) {
    throw new PromqlError("unsupported", `function "${name}" is not offered`, plan.span);
  }
  return run(call);
}

function nameless({ context, steps }: Call, columns: Column[]): Value {
  return vector(context.dropNames(columns, steps));
}

/** The times of evaluation in seconds, as a series without labels. */
function clock({ plan, steps }: Call): Column {
  const column = Column.empty(Labels.empty, steps);
  for (let step = 0; step < steps; step += 1) column.setFloat(step, timeAt(plan.grid, step) / 1000);
  return column;
}

function scalars(call: Call, compute: (step: number) => number): Value {
  return {
    type: "scalar",
    values: Float64Array.from({ length: call.steps }, (_, i) => compute(i)),
  };
}

function spanOf({ plan }: Call, index: number): Span {
  return plan.args[index]?.span ?? plan.span;
}

function sorted(call: Call, order: (columns: Column[]) => Column[]): Value {
  const columns = columnsOf(call.args[0]);
  if (call.context.isRangeQuery) {
    call.context.annotations.warn(
      "sort is ineffective for range queries since results are always ordered by labels",
      call.plan.span,
    );
  }
  return vector(call.steps === 1 ? order(columns) : columns);
}

const FUNCTIONS: Readonly<Record<string, Function>> = {
  absent: (call) =>
    vector(
      absentColumn(presence(columnsOf(call.args[0]), call.steps), wantedLabels(call.plan.args[0])),
    ),
  clamp: (call) =>
    nameless(
      call,
      clamp(columnsOf(call.args[0]), call.steps, scalarsOf(call.args[1]), scalarsOf(call.args[2])),
    ),
  clamp_max: (call) => {
    const upper = scalarsOf(call.args[1]);
    const limit = (value: number, step: number): number => least(upper[step] ?? 0, value);
    return nameless(call, mapFloats(columnsOf(call.args[0]), call.steps, limit));
  },
  clamp_min: (call) => {
    const lower = scalarsOf(call.args[1]);
    const limit = (value: number, step: number): number => most(lower[step] ?? 0, value);
    return nameless(call, mapFloats(columnsOf(call.args[0]), call.steps, limit));
  },
  histogram_fraction: (call) =>
    nameless(
      call,
      fractions(
        columnsOf(call.args[2]),
        scalarsOf(call.args[0]),
        scalarsOf(call.args[1]),
        { grid: call.plan.grid, span: spanOf(call, 2) },
        call.context,
      ),
    ),
  histogram_quantile: (call) =>
    nameless(
      call,
      quantiles(
        columnsOf(call.args[1]),
        { values: scalarsOf(call.args[0]), span: spanOf(call, 0) },
        { grid: call.plan.grid, span: spanOf(call, 1) },
        call.context,
      ),
    ),
  histogram_quantiles: (call) =>
    nameless(
      call,
      labelledQuantiles(
        columnsOf(call.args[0]),
        stringOf(call.args[1]),
        call.args.slice(2).map((arg, i) => ({
          values: scalarsOf(arg),
          span: spanOf(call, i + 2),
        })),
        { grid: call.plan.grid, span: spanOf(call, 0) },
        call.context,
      ),
    ),
  label_join: (call) =>
    vector(labelJoin(columnsOf(call.args[0]), call.steps, call.args.slice(1).map(stringOf))),
  label_replace: (call) =>
    vector(labelReplace(columnsOf(call.args[0]), call.steps, call.args.slice(1).map(stringOf))),
  max_of: (call) => {
    const [a, b] = [scalarsOf(call.args[0]), scalarsOf(call.args[1])];
    return scalars(call, (step) => most(a[step] ?? 0, b[step] ?? 0));
  },
  min_of: (call) => {
    const [a, b] = [scalarsOf(call.args[0]), scalarsOf(call.args[1])];
    return scalars(call, (step) => least(a[step] ?? 0, b[step] ?? 0));
  },
  pi: (call) => scalars(call, () => Math.PI),
  round: (call) => {
    const to = call.args[1] === undefined ? undefined : scalarsOf(call.args[1]);
    return nameless(call, round(columnsOf(call.args[0]), call.steps, to));
  },
  scalar: (call) => {
    const columns = columnsOf(call.args[0]);
    return scalars(call, (step) => {
      const floats = columns.filter(({ kinds }) => kinds[step] === FLOAT);
      return floats.length === 1 ? (floats[0]?.values[step] ?? Number.NaN) : Number.NaN;
    });
  },
  sort: (call) => sorted(call, (columns) => sortByValue(columns, false)),
  sort_desc: (call) => sorted(call, (columns) => sortByValue(columns, true)),
  sort_by_label: (call) =>
    sorted(call, (columns) => sortByLabels(columns, call.args.slice(1).map(stringOf), false)),
  sort_by_label_desc: (call) =>
    sorted(call, (columns) => sortByLabels(columns, call.args.slice(1).map(stringOf), true)),
  /** Only a plain selector's samples have a start time, and those do not come here. */
  start_timestamp: () => vector([]),
  time: (call) => scalars(call, (step) => timeAt(call.plan.grid, step) / 1000),
  timestamp: (call) => {
    const columns = columnsOf(call.args[0]).map((column) => {
      const times = Column.empty(column.labels, call.steps, column.dropName);
      column.kinds.forEach((kind, step) => {
        if (kind !== 0) times.setFloat(step, timeAt(call.plan.grid, step) / 1000);
      });
      return times;
    });
    return nameless(call, columns);
  },
  vector: (call) => {
    const column = Column.empty(Labels.empty, call.steps);
    column.kinds.fill(FLOAT);
    column.values.set(scalarsOf(call.args[0]));
    return vector([column]);
  },
};
