import { PromqlError } from "../../errors.ts";
import { formatHistogram } from "../../histogram/format.ts";
import { Labels, METRIC_NAME } from "../../labels.ts";
import { formatDecimal } from "../../number.ts";
import type { AggregatePlan } from "../../plan/plan.ts";
import { isValidText, quoted } from "../../quote.ts";
import { ABSENT, FLOAT } from "../../source.ts";
import { Column, ColumnSet } from "../column.ts";

/** count_values(label, v): how many series have each value, the value as a label. */
export function countValues(
  columns: readonly Column[],
  label: string,
  { grouping, without }: Pick<AggregatePlan, "grouping" | "without">,
  steps: number,
): Column[] {
  if (label === "" || !isValidText(label)) {
    throw new PromqlError("execution", `invalid label name ${quoted(label)}`);
  }
  const names = new Set(grouping);
  if (without) names.add(METRIC_NAME);
  const results = new ColumnSet(steps);
  for (const column of columns) {
    const kept = without ? column.labels.without(names) : column.labels.only(names);
    for (let step = 0; step < steps; step += 1) {
      const kind = column.kinds[step] ?? ABSENT;
      if (kind === ABSENT) continue;
      const histogram = column.histogramAt(step);
      const value =
        histogram === undefined
          ? formatDecimal(column.values[step] ?? 0)
          : formatHistogram(histogram);
      const labels = Labels.of([...kept, [label, value]]);
      const result = results.column(labels, column.dropName && !without);
      result.kinds[step] = FLOAT;
      result.values[step] = (result.values[step] ?? 0) + 1;
    }
  }
  return results.present();
}
