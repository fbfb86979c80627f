import type { NativeHistogram, QueryResult, VectorSample } from "@seaworthy/promql";

/** What rules ask: the part of the metrics' queries that they use. */
export interface RuleQueries {
  /** Evaluates at `timeMs`. */
  instant(
    query: string,
    timeMs: number,
    options?: { readonly signal?: AbortSignal; readonly lookbackDeltaMs?: number },
  ): Promise<QueryResult>;
}

/** An expression that a rule cannot use, or a result that it cannot. */
export class RuleError extends Error {
  override readonly name = "RuleError";
}

const NO_LABELS: { readonly labels: Readonly<Record<string, string>> } = { labels: {} };

/** One element of a rule's vector. */
export interface RuleSample {
  readonly labels: Readonly<Record<string, string>>;
  /** 0 where there is a histogram. */
  readonly value: number;
  readonly histogram?: NativeHistogram;
}

/** The vector that a rule's expression gives at `at`; a scalar is a vector of one without labels. */
export async function queryVector(
  queries: RuleQueries,
  query: string,
  at: number,
  options: { readonly signal?: AbortSignal; readonly lookbackDeltaMs?: number } = {},
): Promise<RuleSample[]> {
  const { value } = await queries.instant(query, at, options);
  if (value.type === "scalar") return [{ ...NO_LABELS, value: value.value }];
  if (value.type !== "vector") throw new RuleError("rule result is not a vector or scalar");
  return value.samples.map(toRuleSample);
}

function toRuleSample({ labels, value, histogram }: VectorSample): RuleSample {
  return histogram === undefined
    ? { labels: labels.toObject(), value }
    : { labels: labels.toObject(), value: 0, histogram };
}
