import type { Telemetry } from "../../store/index.ts";
import { numbersOf } from "../columns.ts";
import { Sql } from "../sql.ts";
import { SpanConditions, timeCondition } from "./conditions.ts";
import type { TimeRange } from "./conditions.ts";
import type { TraceQuery } from "./traceql/ast.ts";

/** Spans of one step of time whose durations are alike. */
interface DurationCell {
  /** From 0. */
  readonly step: number;
  /** The spans took from this (inclusive) to √2 times this, ns. */
  readonly fromNs: number;
  readonly spans: number;
  readonly errors: number;
}

export interface Durations {
  readonly stepNs: bigint;
  readonly cells: readonly DurationCell[];
}

/**
 * How long the spans took that a query finds, over time: each step has a cell for each half of a
 * doubling of the duration. Whether their traces fulfil the query as a whole is not asked.
 */
export async function durationsOverTime(
  telemetry: Telemetry,
  request: TimeRange & { readonly query: TraceQuery; readonly steps: number },
  signal: AbortSignal,
): Promise<Durations> {
  const { query, steps, startNs, endNs } = request;
  const stepNs = (endNs - startNs + BigInt(steps) - 1n) / BigInt(steps);
  const sql = new Sql();
  const found = new SpanConditions(sql, request).found(query.spansets);
  const blocks = await telemetry.select(
    `SELECT toFloat64(intDiv(toUnixTimestamp64Nano(time) - ${sql.int64(startNs)}, ${sql.int64(stepNs)})) AS step,
      toFloat64(floor(log2(greatest(duration, 1)) * 2)) AS size, toFloat64(count()) AS spans, toFloat64(countIf(status = 'error')) AS errors
    FROM spans WHERE ${timeCondition(sql, request)} AND ${found} GROUP BY step, size ORDER BY step, size`,
    sql.parameters,
    { signal, parallel: true },
  );
  const cells = blocks.flatMap((block) => {
    const [step, size] = [numbersOf(block, "step"), numbersOf(block, "size")];
    const [spans, errors] = [numbersOf(block, "spans"), numbersOf(block, "errors")];
    return Array.from({ length: block.rows }, (_, row) => ({
      step: Number(step[row]),
      fromNs: 2 ** (Number(size[row]) / 2),
      spans: Number(spans[row]),
      errors: Number(errors[row]),
    }));
  });
  return { stepNs, cells };
}
