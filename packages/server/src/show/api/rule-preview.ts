import { previewRule as previewOperation } from "@seaworthy/contract";
import type { RulePreview } from "@seaworthy/contract";
import { LogqlError } from "@seaworthy/logql";
import { PromqlError } from "@seaworthy/promql";
import { pastOfLogs, pastOfMetrics, previewRule } from "../../evaluate/index.ts";
import type { RulePreview as Preview } from "../../evaluate/index.ts";
import type { Clock } from "../../model/index.ts";
import type { LogsQuery, MetricsQuery } from "../../query/index.ts";
import { RequestError } from "../errors.ts";
import { goneSignal } from "../gone.ts";
import type { Serve } from "./serve.ts";

const DAY = 86_400_000;

/** When a rule that is being written would have fired. */
export function serveRulePreview(
  serve: Serve,
  sources: {
    readonly metrics: Pick<MetricsQuery, "parse" | "range">;
    readonly logs: Pick<LogsQuery, "parse" | "metric">;
  },
  clock: Clock,
): void {
  const pasts = { promql: pastOfMetrics(sources.metrics), logql: pastOfLogs(sources.logs) };
  serve(previewOperation, async ({ body, reply }) => {
    const rule = {
      expression: body.expression,
      holdFor: body.forSeconds * 1000,
      keepFiringFor: body.keepFiringForSeconds * 1000,
      span: body.days * DAY,
      now: clock.now(),
    };
    try {
      return previewView(await previewRule(pasts[body.language], rule, goneSignal(reply)));
    } catch (error) {
      // Whoever types an expression is told what is wrong with it, or that it asks for too much.
      if (!(error instanceof PromqlError || error instanceof LogqlError)) throw error;
      throw new RequestError([{ field: "body.expression", reason: error.message }]);
    }
  });
}

function previewView(preview: Preview): RulePreview {
  const { start, end, step, firingFor, firings, comparison, ...rest } = preview;
  return {
    ...rest,
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    stepSeconds: step / 1000,
    firingSeconds: firingFor / 1000,
    firings: firings.map(({ labels, from, to }) => ({
      labels: { ...labels },
      from: new Date(from).toISOString(),
      to: to === undefined ? null : new Date(to).toISOString(),
      seconds: ((to ?? end) - from) / 1000,
    })),
    comparison: comparison ?? null,
  };
}
