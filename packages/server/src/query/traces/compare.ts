import type { Telemetry } from "../../store/index.ts";
import { numbersOf, textsOf } from "../columns.ts";
import { Sql } from "../sql.ts";
import { SpanConditions, timeCondition } from "./conditions.ts";
import type { TimeRange } from "./conditions.ts";
import type { TraceQuery } from "./traceql/ast.ts";

/** How often an attribute has a value among slow spans and among the others; shares of 1. */
export interface Difference {
  readonly name: string;
  readonly value: string;
  readonly slowShare: number;
  readonly normalShare: number;
}

export interface Comparison {
  /** Spans that last so long or longer are slow, ns. */
  readonly thresholdNs: number;
  readonly slow: number;
  readonly normal: number;
  /** Those that differ most first. */
  readonly differences: readonly Difference[];
}

/** Spans looked at: a sample of so many says it. */
const MOST_SPANS = 200_000;

/**
 * What slow spans have that others do not: of the spans that a query finds, those that last as long
 * as the given quantile or a given time are compared with the rest, attribute by attribute.
 */
export async function compareSlow(
  telemetry: Telemetry,
  request: TimeRange & {
    readonly query: TraceQuery;
    /** ns; the 95th percentile when left out. */
    readonly thresholdNs?: number;
    readonly limit: number;
  },
  signal: AbortSignal,
): Promise<Comparison> {
  const found = (sql: Sql) =>
    `${timeCondition(sql, request)} AND ${new SpanConditions(sql, request).found(request.query.spansets)}`;
  const thresholdNs = request.thresholdNs ?? (await percentile95(telemetry, found, signal));
  const sql = new Sql();
  const where = found(sql);
  const slow = `duration >= ${sql.float(thresholdNs)}`;
  const [counts] = await telemetry.select(
    `SELECT countIf(${slow}) AS slow, countIf(NOT ${slow}) AS normal FROM (SELECT duration FROM spans WHERE ${where} ORDER BY cityHash64(span_id) LIMIT ${MOST_SPANS})`,
    sql.parameters,
    { signal, parallel: true },
  );
  const slowSpans = counts === undefined ? 0 : Number(numbersOf(counts, "slow")[0]);
  const normalSpans = counts === undefined ? 0 : Number(numbersOf(counts, "normal")[0]);
  const empty = { thresholdNs, slow: slowSpans, normal: normalSpans, differences: [] };
  if (slowSpans === 0 || normalSpans === 0) return empty;
  const blocks = await telemetry.select(
    `SELECT pair.1 AS attribute, pair.2 AS value, countIf(is_slow) / ${slowSpans} AS slow_share, countIf(NOT is_slow) / ${normalSpans} AS normal_share
    FROM (SELECT ${slow} AS is_slow, mapUpdate(mapUpdate(resource, attributes), map('name', CAST(name, 'String'), 'service', CAST(service, 'String'), 'status', CAST(status, 'String'))) AS all
      FROM spans WHERE ${where} ORDER BY cityHash64(span_id) LIMIT ${MOST_SPANS})
    ARRAY JOIN CAST(all, 'Array(Tuple(String, String))') AS pair
    GROUP BY attribute, value HAVING count() > 1 ORDER BY abs(slow_share - normal_share) DESC, attribute, value LIMIT ${request.limit}`,
    sql.parameters,
    { signal, parallel: true },
  );
  const differences = blocks.flatMap((block) => {
    const values = textsOf(block, "value");
    const [ofSlow, ofNormal] = [numbersOf(block, "slow_share"), numbersOf(block, "normal_share")];
    return textsOf(block, "attribute").map((name, row) => ({
      name,
      value: values[row] ?? "",
      slowShare: Number(ofSlow[row]),
      normalShare: Number(ofNormal[row]),
    }));
  });
  return {
    ...empty,
    differences: differences.filter(({ slowShare, normalShare }) => slowShare !== normalShare),
  };
}

async function percentile95(
  telemetry: Telemetry,
  found: (sql: Sql) => string,
  signal: AbortSignal,
): Promise<number> {
  const sql = new Sql();
  const [block] = await telemetry.select(
    `SELECT quantileTDigest(0.95)(duration) AS p95 FROM spans WHERE ${found(sql)} HAVING count() > 0`,
    sql.parameters,
    { signal, parallel: true },
  );
  return block === undefined ? 0 : Number(numbersOf(block, "p95")[0]);
}
