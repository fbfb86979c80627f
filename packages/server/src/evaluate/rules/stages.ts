import type { Rule } from "./rule-group.ts";

/** The metrics that every alerting rule makes. */
export const ALERT_METRICS = ["ALERTS", "ALERTS_FOR_STATE"] as const;

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
