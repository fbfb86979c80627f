import { Labels, METRIC_NAME } from "../../labels.ts";
import type { Matcher } from "../../matchers.ts";
import type { Plan, RangePlan } from "../../plan/plan.ts";
import { Column } from "../column.ts";

/** 1 at the steps where nothing is present, with the labels that the selector asked for. */
export function absentColumn(present: Uint8Array, labels: Labels): Column[] {
  const column = Column.empty(labels, present.length);
  for (let step = 0; step < present.length; step += 1) {
    if (present[step] === 0) column.setFloat(step, 1);
  }
  return column.isEmpty ? [] : [column];
}

/** For each step, whether any of the columns has a value. */
export function presence(columns: readonly Column[], steps: number): Uint8Array {
  const present = new Uint8Array(steps);
  for (const { kinds } of columns) {
    for (let step = 0; step < steps; step += 1) if (kinds[step] !== 0) present[step] = 1;
  }
  return present;
}

/** The labels of what was looked for: those that one equality matcher alone is about. */
export function wantedLabels(plan: Plan | RangePlan | undefined): Labels {
  if (plan?.kind === "lookup" || plan?.kind === "samples") {
    return labelsOf(plan.selector.matchers);
  }
  return plan?.kind === "repeat" ? wantedLabels(plan.inner) : Labels.empty;
}

function labelsOf(matchers: readonly Matcher[]): Labels {
  const named = matchers.filter(({ name }) => name !== METRIC_NAME);
  const alone = named.filter(
    ({ name, operator }) =>
      operator === "=" && named.filter((other) => other.name === name).length === 1,
  );
  return Labels.of(alone.map(({ name, value }) => [name, value]));
}
