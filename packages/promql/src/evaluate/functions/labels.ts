import { PromqlError } from "../../errors.ts";
import { METRIC_NAME } from "../../labels.ts";
import { isValidText, quoted } from "../../quote.ts";
import { type AnchoredRegexp, compileAnchored } from "../../regexp.ts";
import { type Column, mergeSameLabels } from "../column.ts";

/** label_replace(v, target, replacement, source, regexp). */
export function labelReplace(
  columns: readonly Column[],
  steps: number,
  [target = "", replacement = "", source = "", pattern = ""]: readonly string[],
): Column[] {
  let regexp: AnchoredRegexp;
  try {
    regexp = compileAnchored(pattern);
  } catch {
    const message = `invalid regular expression in label_replace(): ${pattern}`;
    throw new PromqlError("execution", message);
  }
  checkName(target, "destination label name in label_replace()");
  return relabel(columns, steps, target, (column) =>
    regexp.expand(column.labels.get(source), replacement),
  );
}

/** label_join(v, target, separator, source…). */
export function labelJoin(
  columns: readonly Column[],
  steps: number,
  [target = "", separator = "", ...sources]: readonly string[],
): Column[] {
  checkName(target, "destination label name in label_join()");
  for (const source of sources) checkName(source, "source label name in label_join()");
  return relabel(columns, steps, target, (column) =>
    sources.map((source) => column.labels.get(source)).join(separator),
  );
}

/** Gives each series the label that `value` makes; undefined leaves the series as it is. */
function relabel(
  columns: readonly Column[],
  steps: number,
  target: string,
  value: (column: Column) => string | undefined,
): Column[] {
  const changed = columns.map((column) => {
    const made = value(column);
    if (made === undefined) return column;
    // A name that is set on purpose is no longer one to be dropped.
    const dropName = column.dropName && target !== METRIC_NAME;
    return column.relabelled(column.labels.with(target, made), dropName);
  });
  return mergeSameLabels(changed, steps);
}

function checkName(name: string, what: string): void {
  if (name === "" || !isValidText(name)) {
    throw new PromqlError("execution", `invalid ${what}: ${quoted(name)}`);
  }
}
