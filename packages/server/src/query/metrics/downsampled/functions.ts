import type { GridFunction } from "@seaworthy/promql";
import type { Span } from "./plan.ts";
import type { Windows } from "./windows.ts";

/** Windows from index `from` up to `to`, which make up `span`. */
export interface Range {
  readonly windows: Windows;
  readonly from: number;
  readonly to: number;
  readonly span: Span;
  /** The range that the query asked for, ms; the span may be shorter or longer. */
  readonly windowMs: number;
}

type Compute = (range: Range) => number | undefined;

/**
 * PromQL's functions over windows: over windows that fill the range they give what they give over
 * its samples. Amounts over a range that does not fit are brought to the length that was asked for.
 */
export const WINDOW_FUNCTIONS: ReadonlyMap<GridFunction, Compute> = new Map<GridFunction, Compute>([
  ["lookup", (range) => current(range, range.windows.last)],
  [
    "lookup_time",
    (range) => {
      const ms = current(range, range.windows.lastTime);
      return ms === undefined ? undefined : ms / 1000;
    },
  ],
  ["rate", (range) => change(range, true, 1000 / lengthOf(range))],
  ["increase", (range) => change(range, true, share(range))],
  ["delta", (range) => change(range, false, share(range))],
  ["irate", lastRate],
  ["changes", (range) => transitions(range, "changes")],
  ["resets", (range) => transitions(range, "resets")],
  ["sum_over_time", (range) => total(range, "sum", share(range))],
  ["count_over_time", (range) => total(range, "samples", share(range))],
  [
    "avg_over_time",
    (range) => {
      const sum = total(range, "sum", 1);
      const count = total(range, "samples", 1);
      return sum === undefined || count === undefined ? undefined : sum / count;
    },
  ],
  ["min_over_time", (range) => extreme(range, "low", (a, b) => a < b)],
  ["max_over_time", (range) => extreme(range, "high", (a, b) => a > b)],
  ["last_over_time", (range) => end(range, "last", lastFilled(range))],
  ["first_over_time", (range) => end(range, "first", firstFilled(range))],
  ["present_over_time", (range) => (firstFilled(range) < range.to ? 1 : undefined)],
]);

function lengthOf({ span }: Range): number {
  return span.endMs - span.startMs;
}

function share(range: Range): number {
  return range.windowMs / lengthOf(range);
}

/** The last entry, if it is a sample and late enough to be current. */
function current({ windows, from, to, span, windowMs }: Range, wanted: Float64Array) {
  const last = to - 1;
  if (last < from || windows.stale[last] === 1) return undefined;
  return (windows.lastTime[last] ?? 0) > span.endMs - windowMs ? wanted[last] : undefined;
}

/** The first window that has samples; `to` when there is none. */
function firstFilled({ windows, from, to }: Range): number {
  let at = from;
  while (at < to && windows.samples[at] === 0) at += 1;
  return at;
}

/** The last window that has samples; one before `from` when there is none. */
function lastFilled({ windows, from, to }: Range): number {
  let at = to - 1;
  while (at >= from && windows.samples[at] === 0) at -= 1;
  return at;
}

function end({ windows, from, to }: Range, column: "first" | "last", at: number) {
  return at >= from && at < to ? windows[column][at] : undefined;
}

function total(range: Range, column: "sum" | "samples", factor: number): number | undefined {
  const { windows, to } = range;
  const from = firstFilled(range);
  if (from >= to) return undefined;
  let sum = 0;
  for (let at = from; at < to; at += 1) {
    // The value of a staleness marker is NaN.
    if (windows.samples[at] !== 0) sum += windows[column][at] ?? 0;
  }
  return sum * factor;
}

/** NaN stands only among NaNs. */
function extreme(
  range: Range,
  column: "low" | "high",
  beats: (value: number, best: number) => boolean,
): number | undefined {
  const { windows, to } = range;
  const from = firstFilled(range);
  if (from >= to) return undefined;
  let best = Number.NaN;
  for (let at = from; at < to; at += 1) {
    if (windows.samples[at] === 0) continue;
    const value = windows[column][at] ?? 0;
    if (beats(value, best) || Number.isNaN(best)) best = value;
  }
  return best;
}

/** Changes or resets within windows, and from each to the next. */
function transitions(range: Range, column: "changes" | "resets"): number | undefined {
  const { windows, to } = range;
  const from = firstFilled(range);
  if (from >= to) return undefined;
  let sum = 0;
  let before = windows.first[from] ?? 0;
  for (let at = from; at < to; at += 1) {
    if (windows.samples[at] === 0) continue;
    const first = windows.first[at] ?? 0;
    const isSame = first === before || (Number.isNaN(first) && Number.isNaN(before));
    if (column === "changes" ? !isSame : first < before) sum += 1;
    sum += windows[column][at] ?? 0;
    before = windows.last[at] ?? 0;
  }
  return sum * share(range);
}

/** Last less first, what resets took away added, extrapolated to the edges as PromQL does. */
function change(range: Range, isCounter: boolean, factor: number): number | undefined {
  const { windows, to, span } = range;
  const from = firstFilled(range);
  const until = lastFilled(range);
  if (until < from) return undefined;
  const count = total({ ...range, to: until + 1 }, "samples", 1) ?? 0;
  if (count < 2) return undefined;
  const first = windows.first[from] ?? 0;
  let difference = (windows.last[until] ?? 0) - first;
  if (isCounter) {
    let before = first;
    for (let at = from; at < to; at += 1) {
      if (windows.samples[at] === 0) continue;
      if ((windows.first[at] ?? 0) < before) difference += before;
      difference += windows.lost[at] ?? 0;
      before = windows.last[at] ?? 0;
    }
  }
  const firstTime = windows.firstTime[from] ?? 0;
  const lastTime = windows.lastTime[until] ?? 0;
  const sampled = (lastTime - firstTime) / 1000;
  const between = sampled / (count - 1);
  let toStart = (firstTime - span.startMs) / 1000;
  let toEnd = (span.endMs - lastTime) / 1000;
  if (toStart >= between * 1.1) toStart = between / 2;
  if (isCounter && difference > 0 && first >= 0) {
    toStart = Math.min(toStart, sampled * (first / difference));
  }
  if (toEnd >= between * 1.1) toEnd = between / 2;
  return difference * ((sampled + toStart + toEnd) / sampled) * factor;
}

/** The rate of the last window, for want of its last two samples. */
function lastRate(range: Range): number | undefined {
  const { windows, from } = range;
  const last = lastFilled(range);
  if (last < from) return undefined;
  const isAlone = windows.samples[last] === 1;
  const before = isAlone ? lastFilled({ ...range, to: last }) : last;
  if (before < from) return undefined;
  const start = isAlone ? (windows.last[before] ?? 0) : (windows.first[last] ?? 0);
  const startMs = isAlone ? (windows.lastTime[before] ?? 0) : (windows.firstTime[last] ?? 0);
  const value = windows.last[last] ?? 0;
  const lost = isAlone ? (value < start ? start : 0) : (windows.lost[last] ?? 0);
  return ((value - start + lost) * 1000) / ((windows.lastTime[last] ?? 0) - startMs);
}
