import { z } from "zod";
import { RE2JS } from "re2js";
import { count, LABEL_NAME, labelName, text } from "./config-fields.ts";

const ACTIONS = [
  "replace",
  "keep",
  "drop",
  "keepequal",
  "dropequal",
  "hashmod",
  "labelmap",
  "labeldrop",
  "labelkeep",
  "lowercase",
  "uppercase",
] as const;

export type RelabelAction = (typeof ACTIONS)[number];

/** One step of relabelling, checked and compiled. */
export interface RelabelRule {
  readonly action: RelabelAction;
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  /** Anchored at both ends. */
  readonly pattern: RE2JS;
  readonly modulus: number;
  readonly targetLabel: string;
  readonly replacement: string;
}

/** A target label may hold references to groups of the pattern: `${1}_total`. */
const TARGET = /^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$/;

const needsTarget = new Set<RelabelAction>([
  "replace",
  "hashmod",
  "lowercase",
  "uppercase",
  "keepequal",
  "dropequal",
]);

const given = z.strictObject({
  source_labels: z.array(labelName).optional(),
  separator: text.optional(),
  regex: text.optional(),
  modulus: count.optional(),
  target_label: text.optional(),
  replacement: text.optional(),
  action: text.optional(),
});

/** `relabel_configs` and `metric_relabel_configs`: the schema with Prometheus's own checks. */
export const relabelRules = z.array(
  given.transform((rule, context): RelabelRule => {
    const refuse = (field: keyof typeof rule, message: string) =>
      context.addIssue({ code: "custom", path: [field], message });
    const action = ACTIONS.find((name) => name === (rule.action ?? "replace").toLowerCase());
    if (action === undefined) {
      refuse("action", `unknown action; one of ${ACTIONS.join(", ")}`);
      return z.NEVER;
    }
    const target = rule.target_label ?? "";
    if (needsTarget.has(action) && target === "") {
      refuse("target_label", `the action ${action} needs a target_label`);
    } else if (action === "replace" && !TARGET.test(target)) {
      refuse("target_label", `${JSON.stringify(target)} is not a label name or template of one`);
    } else if (needsTarget.has(action) && action !== "replace" && !LABEL_NAME.test(target)) {
      refuse("target_label", `${JSON.stringify(target)} is not a label name`);
    }
    if (action === "hashmod" && (rule.modulus ?? 0) === 0) {
      refuse("modulus", "the action hashmod needs a modulus above 0");
    }
    if (action === "labelmap" && !TARGET.test(rule.replacement ?? "$1")) {
      refuse("replacement", "is not a label name or template of one");
    }
    for (const field of forbidden(action)) {
      if (rule[field] !== undefined) refuse(field, `has no meaning for the action ${action}`);
    }
    return {
      action,
      sourceLabels: rule.source_labels ?? [],
      separator: rule.separator ?? ";",
      pattern: compile(rule.regex ?? "(.*)", (reason) => refuse("regex", reason)),
      modulus: rule.modulus ?? 0,
      targetLabel: target,
      replacement: rule.replacement ?? "$1",
    };
  }),
);

function forbidden(action: RelabelAction) {
  if (action === "keepequal" || action === "dropequal") {
    return ["regex", "modulus", "separator", "replacement"] as const;
  }
  if (action === "labeldrop" || action === "labelkeep") {
    return ["source_labels", "target_label", "modulus", "separator", "replacement"] as const;
  }
  return action === "lowercase" || action === "uppercase" ? (["replacement"] as const) : [];
}

function compile(source: string, refuse: (reason: string) => void): RE2JS {
  try {
    return RE2JS.compile(source, RE2JS.DOTALL);
  } catch (error) {
    refuse(
      `is not a regular expression: ${error instanceof Error ? error.message : String(error)}`,
    );
    return RE2JS.compile("");
  }
}
