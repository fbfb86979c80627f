import type { BinaryPlan } from "../../plan/plan.ts";
import { ABSENT, FLOAT, HISTOGRAM } from "../../source.ts";
import { Column } from "../column.ts";
import type { EvaluationContext } from "../context.ts";
import { cellOperation, type Operand, operand } from "./cell.ts";
import { arithmetic, comparison, dropsName } from "./operators.ts";

/** scalar operator scalar. */
export function scalarScalar(
  plan: BinaryPlan,
  left: Float64Array,
  right: Float64Array,
): Float64Array {
  const compute = arithmetic(plan.operator);
  const compare = comparison(plan.operator);
  return left.map((value, step) => {
    const other = right[step] ?? Number.NaN;
    if (compute !== undefined) return compute(value, other);
    return compare?.(value, other) === true ? 1 : 0;
  });
}

/** vector operator scalar, or with `scalarLeft` the other way round. */
export function vectorScalar(
  plan: BinaryPlan,
  columns: readonly Column[],
  scalars: Float64Array,
  scalarLeft: boolean,
  context: EvaluationContext,
): Column[] {
  const { operator, returnBool, grid } = plan;
  const operation = cellOperation({
    operator,
    returnBool,
    keepRight: scalarLeft,
    annotations: context.annotations,
    span: plan.span,
  });
  const compute = arithmetic(operator);
  const cell = operand();
  const scalar: Operand = { kind: FLOAT, value: 0, histogram: undefined };
  const out = operand();
  const results: Column[] = [];
  for (const column of columns) {
    context.checkAborted();
    const result = Column.empty(column.labels, grid.steps, column.dropName);
    const { kinds, values } = column;
    for (let step = 0; step < grid.steps; step += 1) {
      const kind = kinds[step] ?? ABSENT;
      if (kind === ABSENT) continue;
      const value = values[step] ?? 0;
      const other = scalars[step] ?? Number.NaN;
      if (kind === FLOAT && compute !== undefined) {
        result.kinds[step] = FLOAT;
        result.values[step] = scalarLeft ? compute(other, value) : compute(value, other);
        continue;
      }
      cell.kind = kind;
      cell.value = value;
      cell.histogram = column.histogramAt(step);
      scalar.value = other;
      if (scalarLeft) operation(scalar, cell, out);
      else operation(cell, scalar, out);
      store(out, step, result);
    }
    if (!result.isEmpty) results.push(result);
  }
  return dropsName(operator, returnBool) ? context.dropNames(results, grid.steps) : results;
}

/** Puts an operation's result into a column. */
export function store(out: Operand, step: number, column: Column): void {
  if (out.kind === FLOAT) column.setFloat(step, out.value);
  else if (out.kind === HISTOGRAM && out.histogram !== undefined) {
    column.setHistogram(step, out.histogram);
  }
}
