import type { Expr } from "@seaworthy/promql";
import type { Rule } from "./rule-group.ts";

/** The metrics that every alerting rule makes. */
export const ALERT_METRICS = ["ALERTS", "ALERTS_FOR_STATE"] as const;

/** Metric names, or "any" where a selector does not pin the name. */
export type MetricsRead = ReadonlySet<string> | "any";

/**
 * Cuts a group's rules into stages: the rules of a stage do not read what rules before them in the same
 * stage make, so their queries may run at once and their samples be written together. Stages run in
 * order, and so nothing can be told from evaluating rule by rule.
 */
export function stagesOf<R extends Rule>(rules: readonly R[]): R[][] {
  const stages: R[][] = [];
  let stage: R[] = [];
  let made = new Set<string>();
  for (const rule of rules) {
    const { reads } = rule;
    const depends =
      made.size > 0 &&
      (reads === "any" || templatesQuery(rule) || [...reads].some((name) => made.has(name)));
    if (depends) {
      stages.push(stage);
      stage = [];
      made = new Set();
    }
    stage.push(rule);
    for (const name of rule.type === "alerting" ? ALERT_METRICS : [rule.name]) made.add(name);
  }
  if (stage.length > 0) stages.push(stage);
  return stages;
}

/** Templates may query as well, and what they query is not known before they run. */
function templatesQuery(rule: Rule): boolean {
  if (rule.type !== "alerting") return false;
  const texts = [...Object.values(rule.labels), ...Object.values(rule.annotations)];
  return texts.some((text) => text.includes("{{") && /\bquery\b/.test(text));
}

/** The names of the metrics that an expression reads. */
export function metricsRead(expr: Expr): MetricsRead {
  const names = new Set<string>();
  return collect(expr, names) ? names : "any";
}

/** Adds the names under `expr`; answers false where a selector could match any name. */
function collect(expr: Expr, names: Set<string>): boolean {
  switch (expr.kind) {
    case "number":
    case "string":
      return true;
    case "vector_selector": {
      const pinned =
        expr.name !== ""
          ? expr.name
          : expr.matchers.find(({ name, operator }) => name === "__name__" && operator === "=")
              ?.value;
      if (pinned === undefined || pinned === "") return false;
      names.add(pinned);
      return true;
    }
    case "matrix_selector":
      return collect(expr.selector, names);
    case "subquery":
    case "paren":
    case "unary":
      return collect(expr.expr, names);
    case "binary":
      return collect(expr.left, names) && collect(expr.right, names);
    case "aggregate":
      return (
        collect(expr.expr, names) &&
        (expr.parameter === undefined || collect(expr.parameter, names))
      );
    case "call":
      return expr.args.every((arg) => collect(arg, names));
  }
}
