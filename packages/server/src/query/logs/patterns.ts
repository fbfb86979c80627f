import { LogqlError } from "@seaworthy/logql";
import type { LogExpr } from "@seaworthy/logql";
import type { Telemetry } from "../../store/index.ts";
import { arraysOf, numbersOf, textsOf } from "../columns.ts";
import { Sql } from "../sql.ts";
import { LabelColumns } from "./label-columns.ts";
import { lineConditions } from "./line-conditions.ts";
import { findPatterns } from "./pattern-shapes.ts";
import type { LogPattern, Skeleton } from "./pattern-shapes.ts";
import { linesCondition } from "./streams.ts";
import type { Stream } from "./streams.ts";

/** Lines that are looked at; of more, as many are drawn. */
const LOOKED_AT = 1_000_000;
/** Kinds of lines that the engine tells apart at once; what comes after these is not counted. */
const MAX_KINDS = 100_000;
/** The most frequent of them, of which shapes are made. */
const MOST_FREQUENT = 2000;
/** Of a line, bytes. */
const LINE_BYTES = 2048;
/** Steps of time of one question. */
const MAX_STEPS = 1000;

export interface PatternsRequest {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly stepNs: bigint;
  /** Patterns that are wanted. */
  readonly limit: number;
}

export interface Patterns {
  /** The most frequent first; steps count from 1970. */
  readonly patterns: readonly LogPattern[];
  /** One of so many lines was looked at, and stands for all of them. */
  readonly oneOf: number;
}

/**
 * The shapes of the lines that a query lets through. The engine groups lines by those of their words
 * that have no digits; shapes are made of one line of each group. Throws LogqlError for pipelines
 * that are more than filters, and for more steps than are counted.
 */
export async function patternsOf(
  telemetry: Telemetry,
  streams: readonly Stream[],
  log: LogExpr,
  request: PatternsRequest,
  signal: AbortSignal,
): Promise<Patterns> {
  const { startNs, endNs, stepNs, limit } = request;
  if ((endNs - startNs) / stepNs > MAX_STEPS) {
    throw new LogqlError("limit", `more than ${MAX_STEPS} steps; ask for longer ones by step`);
  }
  if (streams.length === 0) return { patterns: [], oneOf: 1 };
  const where = (sql: Sql): string => {
    const { conditions, exact } = lineConditions(log.stages, sql, new LabelColumns(sql, streams));
    if (exact === undefined || exact.json !== undefined) {
      throw new LogqlError(
        "execution",
        "patterns are found for a selector with line filters and filters by its labels; leave parsers out",
      );
    }
    return [linesCondition(sql, streams, request), ...conditions].join(" AND ");
  };
  const counting = new Sql();
  const [total] = await telemetry.select(
    `SELECT count() AS lines FROM logs WHERE ${where(counting)}`,
    counting.parameters,
    { signal },
  );
  const lines = total === undefined ? 0 : Number(numbersOf(total, "lines")[0] ?? 0);
  const oneOf = Math.max(1, Math.ceil(lines / LOOKED_AT));
  const sql = new Sql();
  const drawn = oneOf === 1 ? "" : `AND intHash32(seq) % ${oneOf} = 0`;
  const blocks = await telemetry.select(
    `SELECT anyLast(line) AS line, CAST(level, 'String') AS lvl, toFloat64(sum(counted)) AS lines,
      groupArray(toFloat64(step)) AS steps, groupArray(toFloat64(counted)) AS counts
    FROM (
      SELECT cityHash64(arrayFilter(word -> NOT match(word, '[0-9]'), splitByNonAlpha(start))) AS kind,
        level, step, any(start) AS line, count() AS counted
      FROM (
        SELECT substring(line, 1, ${LINE_BYTES}) AS start, level,
          intDiv(toUnixTimestamp64Nano(time), ${sql.int64(stepNs)}) AS step
        FROM logs WHERE ${where(sql)} ${drawn}
      )
      GROUP BY kind, level, step
      SETTINGS max_rows_to_group_by = ${MAX_KINDS}, group_by_overflow_mode = 'any'
    )
    GROUP BY kind, level ORDER BY lines DESC LIMIT ${MOST_FREQUENT}`,
    sql.parameters,
    { signal },
  );
  const skeletons = blocks.flatMap((block): Skeleton[] => {
    const levels = textsOf(block, "lvl");
    const counts = numbersOf(block, "lines");
    const [steps, counted] = [arraysOf(block, "steps"), arraysOf(block, "counts")];
    return textsOf(block, "line").map((line, row) => ({
      line,
      level: levels[row] ?? "",
      count: Number(counts[row]) * oneOf,
      steps: new Map(
        (steps[row] ?? []).map((step, i) => [step, (counted[row]?.[i] ?? 0) * oneOf] as const),
      ),
    }));
  });
  return { patterns: findPatterns(skeletons, limit), oneOf };
}
