import { z } from "zod";
import { RE2JS } from "re2js";
import { labelName, text, unsigned64 } from "./config-fields.ts";
import { isName } from "./names.ts";
import type { NameScheme } from "./names.ts";

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
  /** Begins with ^ and ends with $: look for it with `find`, as Prometheus does. */
  readonly pattern: RE2JS;
  readonly modulus: bigint;
  readonly targetLabel: string;
  readonly replacement: string;
  /** What is a label name to `replace` and in checks. */
  readonly names: NameScheme;
}

/** In the legacy scheme, a target label may hold references to groups of the pattern: `${1}_total`. */
const LEGACY_TEMPLATE = /^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$/;

const needsTarget = new Set<RelabelAction>([
  "replace",
  "hashmod",
  "lowercase",
  "uppercase",
  "keepequal",
  "dropequal",
]);

/** What the fields are when they are not given; giving them so is never wrong. */
const DEFAULTS: Readonly<Record<string, unknown>> &
  Record<"separator" | "regex" | "replacement", string> = {
  separator: ";",
  regex: "(.*)",
  replacement: "$1",
  modulus: 0n,
};

const given = z.strictObject({
  source_labels: z.array(labelName).optional(),
  separator: text.optional(),
  regex: text.optional(),
  modulus: unsigned64.optional(),
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
    }
    if (action === "hashmod" && (rule.modulus ?? 0n) === 0n) {
      refuse("modulus", "the action hashmod needs a modulus above 0");
    }
    if (action === "labelmap" && rule.replacement === "") {
      refuse("replacement", "the action labelmap needs a label name or template of one");
    }
    for (const field of forbidden(action)) {
      const value = rule[field];
      // Prometheus takes a default that is written out, too, but for the expression.
      const isDefault = field !== "regex" && value === DEFAULTS[field];
      if (value !== undefined && !isDefault)
        refuse(field, `has no meaning for the action ${action}`);
    }
    return {
      action,
      sourceLabels: rule.source_labels ?? [],
      separator: rule.separator ?? DEFAULTS.separator,
      pattern: compile(rule.regex ?? DEFAULTS.regex, (reason) => refuse("regex", reason)),
      modulus: rule.modulus ?? 0n,
      targetLabel: target,
      replacement: rule.replacement ?? DEFAULTS.replacement,
      names: "utf8",
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
    // Prometheus compiles the same text, so that what closes the group early means the same, too.
    return RE2JS.compile(`^(?s:${source})$`);
  } catch (error) {
    refuse(
      `is not a regular expression: ${error instanceof Error ? error.message : String(error)}`,
    );
    return RE2JS.compile("");
  }
}

/** The rules of a job whose `metric_name_validation_scheme` is legacy, with what that forbids. */
export function inLegacyScheme(
  rules: readonly RelabelRule[],
  report: (index: number, field: string, reason: string) => void,
): readonly RelabelRule[] {
  return rules.map((rule, i) => {
    const { action, targetLabel: target } = rule;
    const template = (text: string) => text.includes("$") && LEGACY_TEMPLATE.test(text);
    if (needsTarget.has(action)) {
      const fits = isName(target, "legacy") || (action === "replace" && template(target));
      if (!fits) report(i, "target_label", notLegacy(target));
    }
    if (action === "labelmap" && !LEGACY_TEMPLATE.test(rule.replacement)) {
      report(i, "replacement", notLegacy(rule.replacement));
    }
    return { ...rule, names: "legacy" };
  });
}

function notLegacy(name: string): string {
  return `${JSON.stringify(name)} is not a label name in the legacy metric_name_validation_scheme`;
}
