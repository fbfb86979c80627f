import { HistogramAccumulator } from "../../histogram/accumulator.ts";
import { scale } from "../../histogram/arithmetic.ts";
import type { NativeHistogram } from "../../histogram/histogram.ts";
import { detectReset } from "../../histogram/reset.ts";

/**
 * The value at `time` on the line between two samples. A counter that fell in between was reset:
 * then the line starts at zero.
 */
export function interpolateFloat(
  before: { readonly time: number; readonly value: number },
  after: { readonly time: number; readonly value: number },
  time: number,
  counter: boolean,
): number {
  const from = counter && after.value < before.value ? 0 : before.value;
  return from + ((after.value - from) * (time - before.time)) / (after.time - before.time);
}

/** The same for histograms; undefined where one has custom buckets and the other has not. */
export function interpolateHistogram(
  before: { readonly time: number; readonly value: NativeHistogram },
  after: { readonly time: number; readonly value: NativeHistogram },
  time: number,
  counter: boolean,
): NativeHistogram | undefined {
  const share = (time - before.time) / (after.time - before.time);
  const total = new HistogramAccumulator(before.value);
  if (!total.accepts(after.value)) return undefined;
  if (counter && detectReset(after.value, before.value)) {
    return { ...scale(after.value, share), counterResetHint: "reset" };
  }
  total.add(after.value, share);
  total.add(before.value, -share);
  return total.result(after.value.counterResetHint);
}
