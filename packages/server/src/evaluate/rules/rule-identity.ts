import { createHash } from "node:crypto";
import { labelsKey } from "../../model/index.ts";
import type { Rule, RuleGroup } from "./rule-group.ts";

/** What tells a rule from the others of its group when the group is read again: name and labels. */
function nameAndLabels(rule: Rule): string {
  return `${rule.type};${rule.name};${labelsKey(rule.labels)}`;
}

/** A key for each rule of the group; rules that look alike are told apart by their order. */
export function ruleKeys(group: Pick<RuleGroup, "source" | "name" | "rules">): string[] {
  const counts = new Map<string, number>();
  return group.rules.map((rule) => {
    const own = nameAndLabels(rule);
    const count = (counts.get(own) ?? 0) + 1;
    counts.set(own, count);
    const parts = JSON.stringify([group.source, group.name, own, count]);
    return createHash("sha256").update(parts).digest("hex");
  });
}
