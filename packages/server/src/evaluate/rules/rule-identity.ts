import { createHash } from "node:crypto";
import { labelsKey } from "../../model/index.ts";
import type { Rule, RuleGroup } from "./rule-group.ts";

/** What tells a rule from the others of its group when the group is read again: name and labels. */
function nameAndLabels(rule: Rule): string {
  return `${rule.type};${rule.name};${labelsKey(rule.labels)}`;
}

/** A key for each rule of the group; rules that look alike are told apart by their order. */
export function ruleKeys({
  source,
  name,
  language,
  rules,
}: Pick<RuleGroup, "source" | "name" | "language" | "rules">): string[] {
  const file = language === "promql" ? source : `${language}:${source}`;
  const counts = new Map<string, number>();
  return rules.map((rule) => {
    const own = nameAndLabels(rule);
    const count = (counts.get(own) ?? 0) + 1;
    counts.set(own, count);
    const parts = JSON.stringify([file, name, own, count]);
    return createHash("sha256").update(parts).digest("hex");
  });
}
