import { createHash } from "node:crypto";
import { toLower, toUpper } from "./letter-case.ts";
import { isName } from "./names.ts";
import type { RelabelRule } from "./relabel-config.ts";

/**
 * Applies relabelling rules to a label set in place. Answers false when a rule drops the set
 * (documented under "relabel_config" in Prometheus's configuration reference).
 */
export function relabel(labels: Map<string, string>, rules: readonly RelabelRule[]): boolean {
  return rules.every((rule) => apply(labels, rule));
}

function apply(labels: Map<string, string>, rule: RelabelRule): boolean {
  const { pattern, targetLabel } = rule;
  const source = rule.sourceLabels.map((name) => labels.get(name) ?? "").join(rule.separator);
  switch (rule.action) {
    case "keep":
      return pattern.test(source);
    case "drop":
      return !pattern.test(source);
    case "keepequal":
      return source === (labels.get(targetLabel) ?? "");
    case "dropequal":
      return source !== (labels.get(targetLabel) ?? "");
    case "replace":
      replace(labels, rule, source);
      return true;
    case "lowercase":
      put(labels, targetLabel, toLower(source));
      return true;
    case "uppercase":
      put(labels, targetLabel, toUpper(source));
      return true;
    case "hashmod":
      put(labels, targetLabel, String(hash(source) % rule.modulus));
      return true;
    case "labelmap":
      // By name, as Prometheus keeps them: of two that map to one, the last wins.
      for (const [name, value] of [...labels].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const groups = match(rule, name);
        const target = groups === undefined ? "" : expand(rule.replacement, groups);
        if (target !== "") put(labels, target, value);
      }
      return true;
    case "labeldrop":
      for (const name of labels.keys()) if (pattern.test(name)) labels.delete(name);
      return true;
    case "labelkeep":
      for (const name of labels.keys()) if (!pattern.test(name)) labels.delete(name);
      return true;
  }
}

function replace(labels: Map<string, string>, rule: RelabelRule, source: string): void {
  const groups = match(rule, source);
  if (groups === undefined) return;
  const target = expand(rule.targetLabel, groups);
  // A target that does not come out as a name leaves the set as it is.
  if (isName(target, rule.names)) put(labels, target, expand(rule.replacement, groups));
}

function put(labels: Map<string, string>, name: string, value: string): void {
  if (value === "") labels.delete(name);
  else labels.set(name, value);
}

/** The last eight bytes of the MD5 digest as a number, as Prometheus takes them. */
function hash(text: string): bigint {
  return createHash("md5").update(text).digest().readBigUInt64BE(8);
}

type Groups = (reference: string) => string;

function match(rule: RelabelRule, text: string): Groups | undefined {
  const matcher = rule.pattern.matcher(text);
  if (!matcher.find()) return undefined;
  const names = rule.pattern.namedGroups();
  return (reference) => {
    const index = NUMBER.test(reference) ? Number(reference) : names[reference];
    if (index === undefined || index > matcher.groupCount()) return "";
    return matcher.group(index) ?? "";
  };
}

/** A group's number; with a leading zero it is a name, and there is none of that name. */
const NUMBER = /^(?:0|[1-9]\d{0,7})$/;

/** Go's regexp.Expand: `$name`, `${name}`, `$1`, `$$`; a name is as long as it can be. */
function expand(template: string, groups: Groups): string {
  if (!template.includes("$")) return template;
  return template.replaceAll(
    /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
    (all: string, braced: string | undefined, bare: string | undefined) =>
      all === "$$" ? "$" : groups(braced ?? bare ?? ""),
  );
}
