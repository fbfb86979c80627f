import { formatCompact } from "../number.ts";
import { allBuckets, usesCustomBuckets } from "./buckets.ts";
import type { NativeHistogram } from "./histogram.ts";

/** As Prometheus prints a histogram: `{count:4, sum:5, (0.5,1]:1, (1,2]:2}`. */
export function formatHistogram(histogram: NativeHistogram): string {
  const parts = [`count:${formatCompact(histogram.count)}`, `sum:${formatCompact(histogram.sum)}`];
  const custom = usesCustomBuckets(histogram);
  for (const { lower, upper, count } of allBuckets(histogram)) {
    if (count === 0) continue;
    const zero = !custom && lower <= 0 && upper >= 0;
    const open = zero || (!custom && upper <= 0) || lower === Number.NEGATIVE_INFINITY ? "[" : "(";
    const close = !custom && upper <= 0 && !zero ? ")" : "]";
    parts.push(
      `${open}${formatCompact(lower)},${formatCompact(upper)}${close}:${formatCompact(count)}`,
    );
  }
  return `{${parts.join(", ")}}`;
}
