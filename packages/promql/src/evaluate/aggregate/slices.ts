import { endOf, timeAt } from "../../grid.ts";
import type { AggregatePlan, LookupPlan, SelectorPlan, WindowPlan } from "../../plan/plan.ts";
import { ABSENT, type Grid } from "../../source.ts";
import { type Column, ColumnSet } from "../column.ts";
import type { EvaluationContext } from "../context.ts";

/** Samples to work on at a time: some 24 MB, which caches and allocators still like. */
const SLICE_SAMPLES = 1_000_000;
/** The source reads the next slice while this one is evaluated. */
const AT_ONCE = 2;

type Sliceable = AggregatePlan & { readonly inner: LookupPlan | WindowPlan };

/** An aggregation of samples by steps that are independent of each other: what can be cut in slices. */
export function isSliceable(plan: AggregatePlan): plan is Sliceable {
  const { inner, parameter } = plan;
  if (parameter !== undefined || plan.grid.steps < 2) return false;
  if (inner.kind === "window") {
    if (inner.range.kind !== "samples" || inner.args.length > 0) return false;
  } else if (inner.kind !== "lookup") return false;
  const { edges, deriveHints, sampleGrid } = selectorOf(inner);
  const whole = Number.isSafeInteger(sampleGrid.startMs) && Number.isSafeInteger(sampleGrid.stepMs);
  // Hints are found out from the sample before, which may lie in another slice.
  return edges === undefined && deriveHints !== true && whole && sampleGrid.stepMs > 0;
}

/**
 * Evaluates an aggregation of many samples a slice of its steps after the other, so that neither the
 * samples nor their series at every step are ever in memory at once. undefined: there are too few to
 * be worth it, or the source cannot say.
 */
export async function inSlices(
  plan: Sliceable,
  context: EvaluationContext,
  evaluate: (slice: AggregatePlan, context: EvaluationContext) => Promise<Column[]>,
): Promise<Column[] | undefined> {
  const { steps } = plan.grid;
  const first = await stepsOfSlice(plan, 0, context);
  if (first >= steps) return undefined;
  const found: { readonly from: number; readonly columns: readonly Column[] }[] = [];
  let next = 0;
  let series = 0;
  const work = async (): Promise<void> => {
    while (next < steps) {
      const from = next;
      const size = await stepsOfSlice(plan, from, context);
      // The other one has gone on meanwhile.
      if (from !== next) continue;
      next = Math.min(steps, from + size);
      const own = context.fork();
      found.push({ from, columns: await evaluate(sliced(plan, from, next), own) });
      series = Math.max(series, own.series);
    }
  };
  const stopping = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      next = steps;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, stopping));
  context.takeSeries(series);
  return joined(found, steps);
}

function joined(
  slices: { readonly from: number; readonly columns: readonly Column[] }[],
  steps: number,
): Column[] {
  const whole = new ColumnSet(steps);
  slices.sort((a, b) => a.from - b.from);
  for (const { from, columns } of slices) {
    for (const column of columns) place(column, whole.column(column.labels, column.dropName), from);
  }
  return whole.present();
}

function place(part: Column, whole: Column, from: number): void {
  whole.values.set(part.values, from);
  whole.kinds.set(part.kinds, from);
  part.histograms?.forEach((histogram, step) => {
    if (histogram !== undefined && part.kinds[step] !== ABSENT) {
      whole.setHistogram(from + step, histogram);
    }
  });
}

/** How many steps from one on have as many samples as a slice should. */
async function stepsOfSlice(
  { inner }: Sliceable,
  from: number,
  context: EvaluationContext,
): Promise<number> {
  const { sampleGrid, matchers } = selectorOf(inner);
  const windowMs = windowOf(inner);
  const startMs = timeAt(sampleGrid, from);
  const endMs = endOf(sampleGrid);
  const request = {
    matchers,
    startMs: startMs - windowMs + 1,
    endMs,
    hints: { function: "", stepMs: sampleGrid.stepMs, windowMs },
  };
  const samples = (await context.source.estimate?.(request, context)) ?? 0;
  if (samples <= 2 * SLICE_SAMPLES) return sampleGrid.steps - from;
  const ms = ((endMs - startMs + windowMs) * SLICE_SAMPLES) / samples;
  // Slices read a window more than their own steps: it must not be most of what they read.
  return Math.ceil(Math.max(ms, 4 * windowMs) / sampleGrid.stepMs);
}

function sliced(plan: Sliceable, from: number, to: number): AggregatePlan {
  const { inner } = plan;
  const grid = part(plan.grid, from, to);
  const selector: SelectorPlan = {
    ...selectorOf(inner),
    sampleGrid: part(selectorOf(inner).sampleGrid, from, to),
  };
  if (inner.kind === "lookup") return { ...plan, grid, inner: { ...inner, grid, selector } };
  const range = { ...inner.range, kind: "samples" as const, selector, rangeMs: windowOf(inner) };
  return { ...plan, grid, inner: { ...inner, grid, range } };
}

function part(grid: Grid, from: number, to: number): Grid {
  return { startMs: timeAt(grid, from), stepMs: grid.stepMs, steps: to - from };
}

function selectorOf(plan: LookupPlan | WindowPlan): SelectorPlan {
  if (plan.kind === "lookup") return plan.selector;
  if (plan.range.kind === "samples") return plan.range.selector;
  throw new TypeError("a subquery has no selector of its own");
}

function windowOf(plan: LookupPlan | WindowPlan): number {
  return plan.kind === "lookup" ? plan.windowMs : plan.range.rangeMs;
}
