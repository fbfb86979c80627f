import { LogqlError } from "@seaworthy/logql";
import type { LogExpr } from "@seaworthy/logql";
import type { Telemetry } from "../../store/index.ts";
import { arraysOf, numbersOf, textsOf } from "../columns.ts";
import { Sql } from "../sql.ts";
import { LabelColumns } from "./label-columns.ts";
import { lineConditions } from "./line-conditions.ts";
import { lineCounts } from "./line-counts.ts";
import { COUNT_SETTINGS } from "./minute-counts.ts";
import { findPatterns } from "./pattern-shapes.ts";
import type { LogPattern, Skeleton } from "./pattern-shapes.ts";
import { linesCondition } from "./streams.ts";
import type { Stream } from "./streams.ts";

/** Lines that the engine reads together, and how many such blocks are enough to draw from. */
const BLOCK_LINES = 8192;
const ENOUGH_BLOCKS = 150;
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

/** Lines that are looked at; of more, about as many are drawn. */
export const PATTERN_LINES = 150_000;

export interface Patterns {
  /** The most frequent first; steps count from 1970. */
  readonly patterns: readonly LogPattern[];
  /** One of so many lines was looked at; numbers are estimates where it is not 1. */
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
  request: PatternsRequest & { readonly lookedAt: number },
  signal: AbortSignal,
): Promise<Patterns> {
  const { startNs, endNs, stepNs, limit, lookedAt } = request;
  if ((endNs - startNs) / stepNs > MAX_STEPS) {
    throw new LogqlError("limit", `more than ${MAX_STEPS} steps; ask for longer ones by step`);
  }
  if (streams.length === 0) return { patterns: [], oneOf: 1 };
  const where = (sql: Sql): string => {
    const { conditions, exact } = lineConditions(log.stages, sql, new LabelColumns(sql, streams));
    if (exact === undefined || exact.parsed !== undefined) {
      throw new LogqlError(
        "execution",
        "patterns are found for a selector with line filters and filters by its labels; leave parsers out",
      );
    }
    return [linesCondition(sql, streams, request), ...conditions].join(" AND ");
  };
  const counting = new Sql();
  const [total] = await telemetry.select(
    `SELECT toFloat64(sum(lines)) AS lines FROM ${lineCounts(counting, streams, { ...request, stepNs: endNs - startNs })}`,
    counting.parameters,
    { signal, settings: COUNT_SETTINGS },
  );
  const lines = total === undefined ? 0 : Number(numbersOf(total, "lines")[0] ?? 0);
  let draw = drawOf(lines, lookedAt / lines);
  let skeletons = await skeletonsOf(telemetry, where, draw, stepNs, signal);
  const seen = skeletons.reduce((sum, { count }) => sum + count, 0);
  if (draw.oneOf > 1 && seen < lookedAt / 4) {
    // Filters let few of them through: as many more are drawn.
    draw = drawOf(lines, lookedAt / lines / (seen / lookedAt));
    skeletons = await skeletonsOf(telemetry, where, draw, stepNs, signal);
  }
  // Where nothing is filtered it is known how many lines the drawn ones stand for.
  const drawn = skeletons.reduce((sum, { count }) => sum + count, 0);
  const oneOf = log.stages.length === 0 && draw.oneOf > 1 ? lines / drawn : draw.oneOf;
  const all = skeletons.map((skeleton) => ({
    ...skeleton,
    count: Math.round(skeleton.count * oneOf),
    steps: new Map(
      [...skeleton.steps].map(([step, count]) => [step, Math.round(count * oneOf)] as const),
    ),
  }));
  return { patterns: findPatterns(all, limit), oneOf: draw.oneOf };
}

/** Of which blocks and of which of their lines one is drawn. */
interface Draw {
  readonly ofBlocks: number;
  readonly ofLines: number;
  readonly oneOf: number;
}

/** How to draw about `share` of so many lines: of few blocks, which are read as a whole, as long as these are enough. */
function drawOf(lines: number, share: number): Draw {
  const oneOf = Math.max(1, Math.floor(1 / share));
  const ofBlocks = Math.max(1, Math.min(oneOf, Math.floor(lines / BLOCK_LINES / ENOUGH_BLOCKS)));
  const ofLines = Math.max(1, Math.round(oneOf / ofBlocks));
  return { ofBlocks, ofLines, oneOf: ofBlocks * ofLines };
}

/** Lines of those that are drawn by kind, the most frequent first. */
async function skeletonsOf(
  telemetry: Telemetry,
  where: (sql: Sql) => string,
  { ofBlocks, ofLines }: Draw,
  stepNs: bigint,
  signal: AbortSignal,
): Promise<Skeleton[]> {
  const sql = new Sql();
  const drawn = [
    ...(ofBlocks === 1
      ? []
      : [`intHash32(intDiv(_part_offset, ${BLOCK_LINES})) % ${ofBlocks} = 0`]),
    ...(ofLines === 1 ? [] : [`intHash32(seq) % ${ofLines} = 0`]),
  ];
  // Said to the engine, which else looks at the lines of all blocks first.
  const prewhere = drawn.length === 0 ? "" : `PREWHERE ${drawn.join(" AND ")}`;
  const blocks = await telemetry.select(
    `SELECT anyLast(line) AS line, CAST(level, 'String') AS lvl, toFloat64(sum(counted)) AS lines,
      groupArray(toFloat64(step)) AS steps, groupArray(toFloat64(counted)) AS counts
    FROM (
      SELECT cityHash64(arrayFilter(word -> NOT match(word, '[0-9]'), splitByNonAlpha(start))) AS kind,
        level, step, any(start) AS line, count() AS counted
      FROM (
        SELECT substring(line, 1, ${LINE_BYTES}) AS start, level,
          intDiv(toUnixTimestamp64Nano(time), ${sql.int64(stepNs)}) AS step
        FROM logs ${prewhere} WHERE ${where(sql)}
      )
      GROUP BY kind, level, step
      SETTINGS max_rows_to_group_by = ${MAX_KINDS}, group_by_overflow_mode = 'any'
    )
    GROUP BY kind, level ORDER BY lines DESC LIMIT ${MOST_FREQUENT}`,
    sql.parameters,
    { signal, parallel: true },
  );
  return blocks.flatMap((block) => {
    const levels = textsOf(block, "lvl");
    const counts = numbersOf(block, "lines");
    const [steps, counted] = [arraysOf(block, "steps"), arraysOf(block, "counts")];
    return textsOf(block, "line").map((line, row) => ({
      line,
      level: levels[row] ?? "",
      count: Number(counts[row]),
      steps: new Map((steps[row] ?? []).map((step, i) => [step, counted[row]?.[i] ?? 0] as const)),
    }));
  });
}
