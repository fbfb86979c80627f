import type { Grid, GridRequest } from "../source.ts";
import { Column } from "./column.ts";
import type { EvaluationContext } from "./context.ts";

/** Asks the source to evaluate on a grid. undefined: it declines. */
export async function askGrid(
  request: Omit<GridRequest, "grid">,
  sampleGrid: Grid,
  context: EvaluationContext,
): Promise<Column[] | undefined> {
  context.checkAborted();
  const pinned = sampleGrid.steps > 1 && sampleGrid.stepMs === 0;
  const grid = pinned ? { ...sampleGrid, steps: 1 } : sampleGrid;
  if (grid.steps < 1) return [];
  const answer = await context.source.grid?.({ ...request, grid }, context);
  if (answer === undefined) return undefined;
  context.checkAborted();
  context.takeSeries(answer.length);
  context.takeSamples(answer.length * sampleGrid.steps);
  return answer.map((series) => {
    const column = Column.of(series);
    return pinned ? stretched(column, sampleGrid.steps) : column;
  });
}

/** Where every step asked for the same time (under `@`), the first step's value is everyone's. */
export function stretched(column: Column, steps: number): Column {
  const wide = Column.empty(column.labels, steps, column.dropName);
  const histogram = column.histogramAt(0);
  if (histogram !== undefined) {
    for (let step = 0; step < steps; step += 1) wide.setHistogram(step, histogram);
  } else {
    wide.kinds.fill(column.kinds[0] ?? 0);
    wide.values.fill(column.values[0] ?? 0);
  }
  return wide;
}
