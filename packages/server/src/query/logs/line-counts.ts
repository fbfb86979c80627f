import type { Sql } from "../sql.ts";
import { planMinutes } from "./minute-counts.ts";
import { linesCondition } from "./streams.ts";
import type { Stream } from "./streams.ts";

/**
 * What to select counts of lines (`lines`) and their bytes (`size`) from: by stream, hour and step, which
 * are `stepNs` long from `startNs` on. Select it under COUNT_SETTINGS.
 */
export function lineCounts(
  sql: Sql,
  streams: readonly Stream[],
  range: { readonly startNs: bigint; readonly endNs: bigint; readonly stepNs: bigint },
): string {
  const { startNs, stepNs } = range;
  const select = (hour: string, step: string, where: string) =>
    `SELECT stream, toStartOfHour(${hour}) AS hour, ${step} AS step, count() AS lines, sum(length(line)) AS size
    FROM logs WHERE ${where} GROUP BY stream, hour, step`;
  const oneByOne = (also: string) =>
    select(
      "time",
      `intDiv(toUnixTimestamp64Nano(time) - ${sql.int64(startNs)}, ${sql.int64(stepNs)})`,
      `${linesCondition(sql, streams, range)} AND ${also}`,
    );
  const plan = planMinutes(sql, streams, { ...range, widthNs: stepNs, begin: "first" });
  if (plan === undefined) return `(${oneByOne("1")})`;
  const parts = [select("toStartOfMinute(time)", plan.bucket, plan.minutes)];
  if (plan.edges !== undefined) parts.push(oneByOne(plan.edges(sql)));
  return `(${parts.join(" UNION ALL ")})`;
}
