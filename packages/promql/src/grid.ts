import type { Grid } from "./source.ts";

/** The time of step i, ms since the epoch. */
export function timeAt(grid: Grid, step: number): number {
  return grid.startMs + step * grid.stepMs;
}

/** The time of the last step. */
export function endOf(grid: Grid): number {
  return timeAt(grid, grid.steps - 1);
}

/** The grid from start to end inclusive. `stepMs` may be 0 when they are the same. */
export function gridBetween(startMs: number, endMs: number, stepMs: number): Grid {
  const steps = stepMs <= 0 ? 1 : Math.floor((endMs - startMs) / stepMs) + 1;
  return { startMs, stepMs: steps === 1 ? 0 : stepMs, steps };
}

/** The grid moved by so many milliseconds. */
export function shifted(grid: Grid, byMs: number): Grid {
  return byMs === 0 ? grid : { ...grid, startMs: grid.startMs + byMs };
}
