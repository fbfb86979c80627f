import type { Labels } from "../../model/index.ts";
import type { Comparison } from "./comparison.ts";
import { firingsOf } from "./firings.ts";
import type { Past } from "./past.ts";

/** Evaluations of one preview: a week of minutes and somewhat more. */
const MAX_STEPS = 10_500;
const SHORTEST_STEP = 60_000;
/** A past that is no longer than this is looked at closely: rules with a window of seconds are tried on it. */
const CLOSE_LOOK = { span: 2 * 60 * 60_000, step: 5000 };
/** Firings that an answer lists; all are counted. */
const MAX_LISTED = 1000;
/** A preview is asked for while somebody types. */
const TIMEOUT = 20_000;

/** A rule that does not exist yet. Times are milliseconds. */
export interface PreviewRequest {
  readonly expression: string;
  readonly holdFor: number;
  readonly keepFiringFor: number;
  /** How far back from `now`. */
  readonly span: number;
  readonly now: number;
}

/** When a rule would have fired. Times are milliseconds since 1970, lengths milliseconds. */
export interface RulePreview {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly times: number;
  /** How long at least one alert would have fired. */
  readonly firingFor: number;
  /** How often the expression was true for less than `holdFor`. */
  readonly tooShort: number;
  readonly series: number;
  /** Oldest first. */
  readonly firings: readonly PreviewFiring[];
  readonly truncated: boolean;
  readonly comparison: Comparison | undefined;
}

export interface PreviewFiring {
  readonly labels: Labels;
  readonly from: number;
  /** Undefined while it fires still. */
  readonly to: number | undefined;
}

/**
 * Evaluates an alerting rule over the past. Throws PromqlError or LogqlError when the expression
 * cannot be evaluated within the limits.
 */
export async function previewRule(
  past: Past,
  { expression, holdFor, keepFiringFor, span, now }: PreviewRequest,
  signal?: AbortSignal,
): Promise<RulePreview> {
  const comparison = past.comparison(expression);
  const step = stepOf(span);
  // Whole steps: who types the next letter gets the same evaluations.
  const end = Math.floor(now / step) * step;
  const start = end - Math.floor(span / step) * step;
  const grid = { steps: (end - start) / step + 1, stepMs: step };
  const evaluations = { startMs: start, stepMs: step, count: grid.steps };
  const series = await past.series(expression, evaluations, { timeoutMs: TIMEOUT, signal });
  let tooShort = 0;
  const firings = series.flatMap(({ labels, isTrue }): PreviewFiring[] => {
    const alert = firingsOf(isTrue, grid, {
      holdFor,
      keepFiringFor,
    });
    tooShort += alert.tooShort;
    return alert.firings.map(({ from, to }) => ({
      labels,
      from: start + from * step,
      to: to === undefined ? undefined : start + to * step,
    }));
  });
  firings.sort((a, b) => a.from - b.from);
  return {
    start,
    end,
    step,
    times: firings.length,
    firingFor: lengthOf(firings.map(({ from, to }) => [from, to ?? end])),
    tooShort,
    series: series.length,
    firings: firings.slice(0, MAX_LISTED),
    truncated: firings.length > MAX_LISTED,
    comparison,
  };
}

/** The shortest round step with which a span has few enough evaluations. */
function stepOf(span: number): number {
  if (span <= CLOSE_LOOK.span) return CLOSE_LOOK.step;
  return Math.max(1, Math.ceil(span / MAX_STEPS / SHORTEST_STEP)) * SHORTEST_STEP;
}

/** How long at least one of the intervals lasts; they begin in order. */
function lengthOf(intervals: readonly (readonly [from: number, to: number])[]): number {
  let total = 0;
  let covered = Number.NEGATIVE_INFINITY;
  for (const [from, to] of intervals) {
    if (to <= covered) continue;
    total += to - Math.max(from, covered);
    covered = to;
  }
  return total;
}
