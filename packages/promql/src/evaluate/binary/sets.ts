import type { VectorMatching } from "../../parse/ast.ts";
import { ABSENT } from "../../source.ts";
import { Column, mergeSameLabels } from "../column.ts";
import { presence } from "../functions/absent.ts";
import { matchGroups } from "./signature.ts";

/** `and`, `or` and `unless`: which samples stay depends on what is there on the other side. */
export function setOperation(
  operator: "and" | "or" | "unless",
  left: readonly Column[],
  right: readonly Column[],
  matching: VectorMatching,
  steps: number,
): Column[] {
  const fromLeft: Column[] = [];
  const fromRight: Column[] = [];
  for (const group of matchGroups(left, right, matching).values()) {
    if (operator === "or") {
      fromLeft.push(...group.left);
      fromRight.push(...filtered(group.right, presence(group.left, steps), false));
    } else {
      const there = presence(group.right, steps);
      fromLeft.push(...filtered(group.left, there, operator === "and"));
    }
  }
  return mergeSameLabels([...fromLeft, ...fromRight], steps);
}

/** Keeps the steps at which the other side is there, or at which it is not. */
function filtered(columns: readonly Column[], there: Uint8Array, wanted: boolean): Column[] {
  const kept: Column[] = [];
  for (const column of columns) {
    const result = Column.empty(column.labels, there.length, column.dropName);
    for (let step = 0; step < there.length; step += 1) {
      if (column.kinds[step] !== ABSENT && (there[step] === 1) === wanted)
        result.copy(step, column);
    }
    if (!result.isEmpty) kept.push(result);
  }
  return kept;
}
