import type { RuleLanguage } from "@seaworthy/contract";
import type { Rule } from "../../api/prometheus.ts";
import { readDuration, writeDuration } from "../../values/duration.ts";

/** A label or an annotation. */
export type Pair = readonly [name: string, value: string];

/** A rule as it is being written. */
export interface RuleDraft {
  readonly type: "alerting" | "recording";
  readonly language: RuleLanguage;
  readonly name: string;
  readonly expression: string;
  /** `for`, as it is typed: `5m`. */
  readonly hold: string;
  /** `keep_firing_for`, as it is typed. */
  readonly keep: string;
  readonly labels: readonly Pair[];
  readonly annotations: readonly Pair[];
}

/** What a new rule begins with: what every alert should say. */
export const emptyDraft: RuleDraft = {
  type: "alerting",
  language: "promql",
  name: "",
  expression: "",
  hold: "5m",
  keep: "",
  labels: [["severity", "warning"]],
  annotations: [
    ["summary", ""],
    ["runbook_url", ""],
  ],
};

/** A rule that runs, to be changed. */
export function draftOf(rule: Rule, language: RuleLanguage = "promql"): RuleDraft {
  return {
    type: rule.type,
    language,
    name: rule.name,
    expression: rule.query.trim(),
    hold: writeDuration(rule.duration ?? 0),
    keep: writeDuration(rule.keepFiringFor ?? 0),
    labels: Object.entries(rule.labels ?? {}),
    annotations: Object.entries(rule.annotations ?? {}),
  };
}

/**
 * The labels of an alert that the draft would give for a series, as far as they are known before it
 * does: a label that is a template is left out.
 */
export function alertLabels(
  { name, labels }: RuleDraft,
  series: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const fixed = labels.filter(([label, value]) => label !== "" && !value.includes("{{"));
  return { ...series, ...Object.fromEntries(fixed), ...(name === "" ? {} : { alertname: name }) };
}

const pairs = (values: readonly string[]): readonly Pair[] =>
  values.flatMap((each) => {
    const at = each.indexOf("=");
    return at === -1 ? [] : [[each.slice(0, at), each.slice(at + 1)] as const];
  });

const written = (list: readonly Pair[]) => list.map(([name, value]) => `${name}=${value}`);

/** The draft of the address: what it does not say is as in `base`. */
export function draftInUrl(params: URLSearchParams, base: RuleDraft): RuleDraft {
  const list = (name: "label" | "annotation", given: readonly Pair[]) =>
    params.has(name) ? pairs(params.getAll(name)) : given;
  const lang = params.get("lang");
  return {
    type: base.type,
    language: lang === "logql" || lang === "promql" ? lang : base.language,
    name: params.get("name") ?? base.name,
    expression: params.get("expr") ?? base.expression,
    hold: params.get("for") ?? base.hold,
    keep: params.get("keep") ?? base.keep,
    labels: list("label", base.labels),
    annotations: list("annotation", base.annotations),
  };
}

/** The parameters with a draft in them, as far as it differs from `base`. */
export function withDraft(
  params: URLSearchParams,
  draft: RuleDraft,
  base: RuleDraft,
): URLSearchParams {
  const next = new URLSearchParams(params);
  const put = (name: string, value: readonly string[], given: readonly string[]) => {
    next.delete(name);
    if (JSON.stringify(value) === JSON.stringify(given)) return;
    // Nothing at all differs from what is not said.
    for (const each of value.length === 0 ? [""] : value) next.append(name, each);
  };
  put("lang", [draft.language], [base.language]);
  put("name", [draft.name], [base.name]);
  put("expr", [draft.expression], [base.expression]);
  put("for", [draft.hold], [base.hold]);
  put("keep", [draft.keep], [base.keep]);
  put("label", written(draft.labels), written(base.labels));
  put("annotation", written(draft.annotations), written(base.annotations));
  return next;
}

const labelName = /^[^\s{}",=]+$/;

/** What is wrong with a draft, by field; nothing when it can be put into a file. */
export function faultsOf(
  draft: RuleDraft,
): Readonly<Record<"name" | "hold" | "keep", string | null>> {
  const duration = (text: string) =>
    readDuration(text) === null ? "Write it as 5m or 1h30m" : null;
  return {
    name:
      draft.name === "" || labelName.test(draft.name) || draft.type === "alerting"
        ? null
        : "A series is named as in namespace:requests:rate5m",
    hold: duration(draft.hold),
    keep: duration(draft.keep),
  };
}
