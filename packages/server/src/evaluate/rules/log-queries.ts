import { Labels as PromqlLabels } from "@seaworthy/promql";
import type { LogsQuery } from "../../query/index.ts";
import { isLogExpr } from "@seaworthy/logql";
import { RuleError } from "./rule-queries.ts";
import type { RuleQueries } from "./rule-queries.ts";

/** Questions about logs as rules ask them: a LogQL expression at one moment, as a vector. */
export function logRuleQueries(logs: Pick<LogsQuery, "parse" | "metric">): RuleQueries {
  return {
    async instant(query, timeMs, { signal } = {}) {
      const expr = logs.parse(query);
      if (isLogExpr(expr)) throw new RuleError("rule result is lines, not a vector or scalar");
      const grid = { startMs: timeMs, stepMs: 1000, count: 1 };
      const answer = await logs.metric(expr, grid, signal === undefined ? {} : { signal });
      const rest = { warnings: [], infos: [] };
      if (typeof answer === "number") {
        const stats = { samples: 1, series: 0 };
        return { value: { type: "scalar", timeMs, value: answer }, ...rest, stats };
      }
      const samples = answer.map(({ labels, values }) => ({
        labels: PromqlLabels.from(labels),
        value: values[0] ?? 0,
      }));
      const stats = { samples: samples.length, series: samples.length };
      return { value: { type: "vector", timeMs, samples }, ...rest, stats };
    },
  };
}
