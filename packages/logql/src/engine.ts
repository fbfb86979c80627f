import type { Expr, LogExpr, MetricExpr } from "./ast.ts";

import { LogqlError } from "./errors.ts";
import { labelsKey } from "./labels.ts";
import type { Labels } from "./labels.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import type { EngineLimits } from "./limits.ts";
import { evaluate } from "./metrics/evaluate.ts";
import type { Matrix } from "./metrics/matrix.ts";
import { parse } from "./parse.ts";
import { compilePipeline } from "./pipeline/pipeline.ts";
import type { EntriesRequest, Grid, Source } from "./source.ts";

/** A line as a query answers it: its labels by where they are from. */
export interface LogLine {
  readonly timeNs: bigint;
  readonly line: string;
  readonly stream: Labels;
  readonly metadata: Labels;
  readonly parsed: Labels;
}

export interface LinesRequest {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly direction: EntriesRequest["direction"];
  readonly limit: number;
  readonly signal?: AbortSignal;
}

/** Evaluates LogQL over a source. */
export interface Engine {
  /** Throws LogqlError. */
  parse(query: string): Expr;
  /** Lines in their order, `limit` at the most. */
  lines(log: LogExpr, request: LinesRequest, source: Source): Promise<LogLine[]>;
  /** Series over the grid, sorted by their labels unless the query sorts; a number alone is one. */
  metric(
    expr: MetricExpr,
    grid: Grid,
    source: Source,
    signal?: AbortSignal,
  ): Promise<Matrix | number>;
}

export function createEngine(options: { readonly limits?: Partial<EngineLimits> } = {}): Engine {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  return {
    parse,
    async lines(log, request, source) {
      const { limit } = request;
      const pipeline = compilePipeline(log.stages);
      const found: LogLine[] = [];
      if (limit < 1) return found;
      for await (const entries of source.entries({ ...request, log })) {
        for (const { line, timeNs, stream, metadata } of entries) {
          const result = pipeline.run(line, timeNs, stream, metadata);
          if (result === undefined) continue;
          found.push({ timeNs, line: result.line, ...result.labels.categories() });
          if (found.length === limit) return found;
        }
      }
      return found;
    },
    async metric(expr, grid, source, signal) {
      if (grid.count > limits.maxSteps) {
        throw new LogqlError(
          "limit",
          `exceeded maximum resolution of ${limits.maxSteps} points per time series; increase the step`,
        );
      }
      const result = await evaluate(expr, { grid, source, limits, signal });
      if (typeof result === "number") return result;
      const some = result.filter(({ present }) => present.includes(1));
      if (some.length > limits.maxSeries) {
        throw new LogqlError("limit", `maximum of series (${limits.maxSeries}) reached`);
      }
      return keepsOrder(expr, grid) ? some : some.sort(byLabels);
    },
  };
}

/** Whether the query itself says in which order its series come. */
function keepsOrder(expr: MetricExpr, grid: Grid): boolean {
  return expr.kind === "vector" && grid.count === 1 && /sort|topk|bottomk/.test(expr.operator);
}

function byLabels(a: { readonly labels: Labels }, b: { readonly labels: Labels }): number {
  const [left, right] = [labelsKey(a.labels), labelsKey(b.labels)];
  return left < right ? -1 : Number(left > right);
}
