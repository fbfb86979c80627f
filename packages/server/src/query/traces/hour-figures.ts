import type { Sql } from "../sql.ts";
import { timeCondition } from "./conditions.ts";
import type { TimeRange } from "./conditions.ts";

const HOUR_NS = 3_600_000_000_000n;
/** Whole hours from which on their figures are used: they cost a statement's planning. */
const LEAST_HOURS = 3n;

/** As the projection `hours` of `spans` has it. */
export const IS_ROOT = "parent_id = ''";
const HOUR = "toStartOfHour(time)";

/** Under which settings the engine takes the projection, where a part of the table has it. */
export const HOUR_SETTINGS = {
  optimize_use_projections: 1,
  // It would look for other columns than those of the projection.
  optimize_functions_to_subcolumns: 0,
};

/** What to select of `hourFigures`, beside keys. */
export const FIGURES =
  "sum(hour_calls) AS calls, sumIf(hour_calls, failed) AS errors, quantilesTDigestMerge(0.5, 0.95, 0.99)(hour_digest) AS quantiles, quantiles[1] AS p50, quantiles[2] AS p95, quantiles[3] AS p99, toFloat64(sum(hour_total)) AS total";

/**
 * What to select figures of spans from: rows of the keys and figures, to be grouped by the keys. Keys are
 * of `service`, `name` and `kind`; a condition may ask for these and `IS_ROOT`. Whole hours are read from
 * what is kept of each hour, the rest from spans.
 */
export function hourFigures(
  sql: Sql,
  range: TimeRange,
  keys: readonly string[],
  condition: (sql: Sql) => string,
): string {
  const first = ((range.startNs + HOUR_NS - 1n) / HOUR_NS) * HOUR_NS;
  const last = (range.endNs / HOUR_NS) * HOUR_NS;
  const figures = (where: string) =>
    `SELECT ${keys.join(", ")}, status = 'error' AS failed, count() AS hour_calls, sum(duration) AS hour_total,
      quantilesTDigestState(0.5, 0.95, 0.99)(duration) AS hour_digest
    FROM spans WHERE ${where} AND ${condition(sql)} GROUP BY ${keys.join(", ")}, failed`;
  if (last - first < LEAST_HOURS * HOUR_NS) return `(${figures(timeCondition(sql, range))})`;
  const hour = (ns: bigint) => `toDateTime(${sql.int64(ns / 1_000_000_000n)}, 'UTC')`;
  const parts = [
    figures(`${HOUR} >= ${hour(first)} AND ${HOUR} < ${hour(last)}`),
    ...[
      { startNs: range.startNs, endNs: first },
      { startNs: last, endNs: range.endNs },
    ]
      .filter(({ startNs, endNs }) => startNs < endNs)
      .map((edge) => figures(timeCondition(sql, edge))),
  ];
  return `(${parts.join(" UNION ALL ")})`;
}
