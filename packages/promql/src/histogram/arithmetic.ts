import { HistogramAccumulator } from "./accumulator.ts";
import { mapCounts } from "./buckets.ts";
import type { CounterResetHint, NativeHistogram } from "./histogram.ts";

export interface Combined {
  readonly result: NativeHistogram;
  /** Custom bounds differed; the result keeps those they share. */
  readonly reconciled: boolean;
  /** One said that its counter was reset and the other that its was not. */
  readonly resetCollision: boolean;
}

/** a + b, undefined where one has custom buckets and the other has not. */
export function add(a: NativeHistogram, b: NativeHistogram): Combined | undefined {
  return combine(a, b, 1);
}

/** a − b, undefined where one has custom buckets and the other has not. */
export function subtract(a: NativeHistogram, b: NativeHistogram): Combined | undefined {
  return combine(a, b, -1);
}

function combine(a: NativeHistogram, b: NativeHistogram, factor: number): Combined | undefined {
  const accumulator = new HistogramAccumulator(a);
  if (!accumulator.accepts(b)) return undefined;
  accumulator.add(b, factor);
  const hints = new Set([a.counterResetHint, b.counterResetHint]);
  return {
    result: accumulator.result(joinedHint(hints)),
    reconciled: accumulator.reconciled,
    resetCollision: hints.has("reset") && hints.has("not_reset"),
  };
}

/** What is known of resets after adding: gauges make gauges, contradictions make nothing known. */
export function joinedHint(hints: ReadonlySet<CounterResetHint>): CounterResetHint {
  if (hints.has("gauge")) return "gauge";
  const [only] = hints;
  return hints.size === 1 && only !== undefined ? only : "unknown";
}

/** Every count and the sum times `factor`. */
export function scale(histogram: NativeHistogram, factor: number): NativeHistogram {
  return rescaled(histogram, (value) => value * factor);
}

/** Every count and the sum divided; division by zero leaves what floats make of it. */
export function divide(histogram: NativeHistogram, by: number): NativeHistogram {
  const divided = rescaled(histogram, (value) => value / by);
  return by === 0 ? { ...divided, positive: EMPTY, negative: EMPTY } : divided;
}

const EMPTY = { indexes: new Int32Array(0), counts: new Float64Array(0) };

function rescaled(histogram: NativeHistogram, change: (value: number) => number): NativeHistogram {
  return {
    ...histogram,
    count: change(histogram.count),
    sum: change(histogram.sum),
    zeroCount: change(histogram.zeroCount),
    positive: mapCounts(histogram.positive, change),
    negative: mapCounts(histogram.negative, change),
  };
}
