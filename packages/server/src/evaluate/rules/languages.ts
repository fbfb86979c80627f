import { isLogExpr, parse as parseLogql } from "@seaworthy/logql";
import type { Expr } from "@seaworthy/promql";
import type { RuleLanguage } from "../../model/index.ts";
import { metricsRead } from "./metrics-read.ts";
import type { MetricsRead } from "./metrics-read.ts";

/** What the expressions of a rule file are written in. */
export interface ExpressionLanguage {
  readonly name: RuleLanguage;
  /** Where the files' patterns stand: `rule_files`. */
  readonly setting: string;
  /**
   * Checks an expression and answers the metrics that it reads; throws with a message that says where in
   * it the fault is.
   */
  check(query: string): MetricsRead;
}

/** The files of Prometheus's rules. */
export function promqlRules(parse: (query: string) => Expr): ExpressionLanguage {
  return { name: "promql", setting: "rule_files", check: (query) => metricsRead(parse(query)) };
}

const NO_METRICS: MetricsRead = new Set();

/** The files of Loki's ruler: the same form with LogQL that gives figures. */
export const logqlRules: ExpressionLanguage = {
  name: "logql",
  setting: "logs.rule_files",
  check(query) {
    if (isLogExpr(parseLogql(query)))
      throw new Error(
        "the expression gives lines, not figures; count them: count_over_time({…}[5m])",
      );
    return NO_METRICS;
  },
};
