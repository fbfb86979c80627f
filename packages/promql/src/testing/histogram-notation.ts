import { bucketsFrom } from "../histogram/buckets.ts";
import {
  type Buckets,
  type CounterResetHint,
  CUSTOM_BUCKETS_SCHEMA,
  type NativeHistogram,
} from "../histogram/histogram.ts";
import { parseNumber } from "../number.ts";

const HINTS: Readonly<Record<string, CounterResetHint>> = {
  unknown: "unknown",
  reset: "reset",
  not_reset: "not_reset",
  gauge: "gauge",
};

/** Reads `{{schema:1 sum:3 count:22 buckets:[5 10 7]}}`. Throws an Error on what it cannot read. */
export function parseHistogram(text: string): NativeHistogram {
  const body = /^\{\{([^}]*)\}\}$/.exec(text)?.[1];
  if (body === undefined) throw new Error(`bad histogram ${JSON.stringify(text)}`);
  const fields = new Map<string, string>();
  for (const match of body.matchAll(/(\w+):\s*(\[[^\]]*\]|[^\s\]]+)/g)) {
    fields.set(match[1] ?? "", match[2] ?? "");
  }
  const number = (name: string): number => {
    const given = fields.get(name);
    if (given === undefined) return 0;
    const value = parseNumber(given);
    if (value === undefined) throw new Error(`bad ${name} in histogram ${text}`);
    return value;
  };
  const list = (name: string): number[] =>
    (fields.get(name) ?? "")
      .replace(/[[\]]/g, "")
      .split(/\s+/)
      .filter((word) => word !== "")
      .map((word) => parseNumber(word) ?? Number.NaN);
  const schema = number("schema");
  return {
    schema,
    count: number("count"),
    sum: number("sum"),
    zeroThreshold: schema === CUSTOM_BUCKETS_SCHEMA ? 0 : number("z_bucket_w"),
    zeroCount: number("z_bucket"),
    positive: bucketsOf(list("buckets"), number("offset")),
    negative: bucketsOf(list("n_buckets"), number("n_offset")),
    customValues: Float64Array.from(list("custom_values")),
    counterResetHint: HINTS[fields.get("counter_reset_hint") ?? "unknown"] ?? "unknown",
  };
}

function bucketsOf(counts: readonly number[], offset: number): Buckets {
  return bucketsFrom(new Map(counts.map((count, i) => [i + offset, count])));
}
