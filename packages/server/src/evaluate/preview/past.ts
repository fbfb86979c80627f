import { isLogExpr, LogqlError } from "@seaworthy/logql";
import { ABSENT } from "@seaworthy/promql";
import { METRIC_NAME, withoutEmpty } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import type { LogsQuery, MetricsQuery } from "../../query/index.ts";
import { comparisonOf } from "./comparison.ts";
import type { Comparison } from "./comparison.ts";

/** Evaluations at `startMs`, `startMs + stepMs` and so on. */
export interface Evaluations {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/** One series of an expression: when it had a value. */
export interface PastSeries {
  /** Without the metric's name. */
  readonly labels: Labels;
  readonly isTrue: (step: number) => boolean;
}

/** How an expression went. */
export interface Past {
  /** What the expression compares; undefined when it does not, or when that is not known. */
  comparison(expression: string): Comparison | undefined;
  /** Throws PromqlError or LogqlError when the expression cannot be evaluated within the limits. */
  series(
    expression: string,
    evaluations: Evaluations,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
  ): Promise<readonly PastSeries[]>;
}

/** The past of expressions over metrics. */
export function pastOfMetrics(metrics: Pick<MetricsQuery, "parse" | "range">): Past {
  return {
    comparison: (expression) => comparisonOf(metrics.parse(expression)),
    async series(expression, { startMs, stepMs, count }, { timeoutMs, signal }) {
      const endMs = startMs + (count - 1) * stepMs;
      const { value } = await metrics.range(expression, startMs, endMs, stepMs, {
        timeoutMs,
        ...(signal === undefined ? {} : { signal }),
      });
      const series = value.type === "grid" ? value.series : [];
      return series.map(({ labels, kinds }) => ({
        labels: withoutEmpty({ ...labels.toObject(), [METRIC_NAME]: "" }),
        isTrue: (step) => (kinds[step] ?? ABSENT) !== ABSENT,
      }));
    },
  };
}

/** The past of expressions over logs. */
export function pastOfLogs(logs: Pick<LogsQuery, "parse" | "metric">): Past {
  return {
    comparison: () => undefined,
    async series(expression, evaluations, { timeoutMs, signal }) {
      const expr = logs.parse(expression);
      if (isLogExpr(expr))
        throw new LogqlError("parse", "the expression gives lines, not figures: count them");
      const late = AbortSignal.timeout(timeoutMs);
      try {
        const answer = await logs.metric(expr, evaluations, {
          signal: signal === undefined ? late : AbortSignal.any([signal, late]),
        });
        if (typeof answer === "number") return [{ labels: {}, isTrue: () => true }];
        return answer.map(({ labels, present }) => ({
          labels,
          isTrue: (step) => present[step] === 1,
        }));
      } catch (error) {
        if (!late.aborted) throw error;
        const seconds = timeoutMs / 1000;
        throw new LogqlError("limit", `it took longer than ${seconds} s; look at fewer days`);
      }
    },
  };
}
