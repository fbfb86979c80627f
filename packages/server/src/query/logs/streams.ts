import { LogqlError } from "@seaworthy/logql";
import type { Matcher } from "@seaworthy/logql";
import { SERVICE_NAME } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { mapsOf, numbersOf } from "../columns.ts";
import { Sql } from "../sql.ts";

const DAY_NS = 86_400_000_000_000n;

/** A stream that a selector matches. */
export interface Stream {
  readonly id: bigint;
  readonly labels: Labels;
}

/** The UTC days of a time range, as days since 1970 that the table can hold. */
export function daysOf(startNs: bigint, endNs: bigint): { first: number; last: number } {
  const day = (ns: bigint) => Math.min(65_535, Math.max(0, Number(ns / DAY_NS)));
  return { first: day(startNs), last: day(endNs) };
}

/** Conditions on `labels` of `log_streams`, for the matchers. */
export function matcherConditions(sql: Sql, matchers: readonly Matcher[]): string[] {
  return matchers.map(({ name, operator, value }) =>
    sql.matches(`labels[${sql.text(name)}]`, operator, value),
  );
}

/** The streams of a selector that had lines on the days of the time range. */
export async function findStreams(
  telemetry: Telemetry,
  matchers: readonly Matcher[],
  range: { readonly startNs: bigint; readonly endNs: bigint },
  maxStreams: number,
  signal: AbortSignal | undefined,
): Promise<Stream[]> {
  const sql = new Sql();
  const { first, last } = daysOf(range.startNs, range.endNs);
  const conditions = [
    `day >= toDate(${sql.uint16(first)}) AND day <= toDate(${sql.uint16(last)})`,
    ...matcherConditions(sql, matchers),
  ];
  const blocks = await telemetry.select(
    `SELECT stream, any(labels) AS named FROM log_streams WHERE ${conditions.join(" AND ")}
    GROUP BY stream ORDER BY stream LIMIT ${maxStreams + 1}`,
    sql.parameters,
    signal === undefined ? {} : { signal },
  );
  const streams = blocks.flatMap((block) => {
    const ids = numbersOf(block, "stream");
    return mapsOf(block, "named").map((labels, row) => ({ id: BigInt(ids[row] ?? 0), labels }));
  });
  if (streams.length > maxStreams) {
    throw new LogqlError(
      "limit",
      `the selector matches more than ${maxStreams} streams; narrow it`,
    );
  }
  return streams;
}

/** Lines of these streams in a time range, as a condition on `logs`. */
export function linesCondition(
  sql: Sql,
  streams: readonly Stream[],
  range: { readonly startNs: bigint; readonly endNs: bigint },
): string {
  const services = [...new Set(streams.map(({ labels }) => labels[SERVICE_NAME] ?? ""))];
  return [
    `time >= fromUnixTimestamp64Nano(${sql.int64(range.startNs)}, 'UTC')`,
    `time < fromUnixTimestamp64Nano(${sql.int64(range.endNs)}, 'UTC')`,
    `service IN ${sql.texts(services)}`,
    `stream IN ${sql.ids(streams.map(({ id }) => id))}`,
  ].join(" AND ");
}
