import { CUSTOM_BUCKETS_SCHEMA, formatValue, histogramBuckets } from "@seaworthy/promql";
import type { NativeHistogram } from "@seaworthy/promql";

/** Which ends belong to a bucket, as the API numbers it. */
const LEFT_OPEN = 0;
const RIGHT_OPEN = 1;
const CLOSED = 3;

/** A native histogram as Prometheus's API answers it: its buckets that hold something, ascending. */
export function histogramJson(histogram: NativeHistogram): string {
  const custom = histogram.schema === CUSTOM_BUCKETS_SCHEMA;
  const buckets = histogramBuckets(histogram)
    .filter(({ count }) => count !== 0)
    .map(({ lower, upper, count }) => {
      const rule = boundaryRule(lower, upper, custom);
      return `[${rule},"${formatValue(lower)}","${formatValue(upper)}","${formatValue(count)}"]`;
    });
  const shown = buckets.length === 0 ? "" : `,"buckets":[${buckets.join(",")}]`;
  return `{"count":"${formatValue(histogram.count)}","sum":"${formatValue(histogram.sum)}"${shown}}`;
}

function boundaryRule(lower: number, upper: number, custom: boolean): number {
  if (custom) return lower === Number.NEGATIVE_INFINITY ? CLOSED : LEFT_OPEN;
  // The zero bucket has both of its ends.
  if (lower === -upper) return CLOSED;
  return upper > 0 ? LEFT_OPEN : RIGHT_OPEN;
}
