import type { Labels, RuleLanguage } from "../../model/index.ts";
import type { LabelTemplates } from "./label-templates.ts";
import type { RuleSettings } from "./settings.ts";
import type { MetricsRead } from "./metrics-read.ts";

interface RuleBase {
  /** The metric or the alert. */
  readonly name: string;
  /** The expression as the file has it. */
  readonly query: string;
  /** The metrics that the expression reads. */
  readonly reads: MetricsRead;
  /** The rule's own labels over those of its group, templates not yet expanded. */
  readonly labels: Labels;
}

export interface RecordingRule extends RuleBase {
  readonly type: "recording";
}

export interface AlertingRule extends RuleBase {
  readonly type: "alerting";
  /** How long the expression must hold before the alert fires (`for`), ms. */
  readonly holdFor: number;
  /** How long the alert goes on firing once the expression no longer holds, ms. */
  readonly keepFiringFor: number;
  readonly annotations: Labels;
  readonly templates: {
    readonly labels: LabelTemplates;
    readonly annotations: LabelTemplates;
  };
}

export type Rule = RecordingRule | AlertingRule;

/** A group of rules that are evaluated together, in order. */
export interface RuleGroup {
  readonly name: string;
  /** The file as it was found. */
  readonly file: string;
  /** The file's path from the configuration's folder: stays the same when the folder moves. */
  readonly source: string;
  /** What its expressions are written in. */
  readonly language: RuleLanguage;
  /** ms */
  readonly interval: number;
  /** How far in the past the expressions are evaluated and the results stamped, ms. */
  readonly queryOffset: number;
  /** The most alerts or series of one rule; 0 for no limit. */
  readonly limit: number;
  readonly rules: readonly Rule[];
  /** Labels of this installation: templates see them, and alerts that leave it carry them. */
  readonly externalLabels: Labels;
}

/** What a group has that its own file may not say. */
export interface RuleDefaults {
  /** `global.evaluation_interval`, ms. */
  readonly interval: number;
  /** `global.rule_query_offset`, ms; 0 by default. */
  readonly queryOffset?: number;
  /** `global.external_labels` */
  readonly externalLabels?: Labels;
  /** Numbers that the rules have as settings, where they are not those of the files. */
  readonly settings?: RuleSettings;
}

/** Tells a group from every other group of the configuration. */
export function groupKey({
  source,
  name,
  language,
}: Pick<RuleGroup, "source" | "name" | "language">): string {
  return language === "promql" ? `${source};${name}` : `${language}:${source};${name}`;
}
