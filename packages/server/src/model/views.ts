import type { AlertState } from "./alerts.ts";
import type { Labels } from "./labels.ts";

/**
 * How the scraper and the rules show themselves: `scraper.targets()` and `rules.groups()` answer these,
 * and the Prometheus API and the own API print them. Times are milliseconds since 1970, lengths of time
 * milliseconds; undefined where nothing has happened yet.
 */

/** One scrape target. */
export interface TargetView {
  readonly job: string;
  readonly url: string;
  readonly labels: Labels;
  /** Before relabelling, `__address__` and its like included. */
  readonly discoveredLabels: Labels;
  readonly health: "up" | "down" | "unknown";
  /** Why the last scrape failed; empty when it did not. */
  readonly lastError: string;
  readonly lastScrape: number | undefined;
  readonly lastScrapeDuration: number | undefined;
  readonly interval: number;
  readonly timeout: number;
}

/** All targets, and the discovered ones that relabelling dropped. */
export interface TargetsView {
  readonly active: readonly TargetView[];
  readonly dropped: readonly { readonly job: string; readonly discoveredLabels: Labels }[];
  /** How many were dropped of each job; more than \`dropped\` lists where the job keeps but a few. */
  readonly droppedCounts: Readonly<Record<string, number>>;
}

/** One alert of one alerting rule, pending or firing. */
export interface RunningAlertView {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: AlertState;
  readonly activeAt: number;
  /** While the condition no longer holds and `keep_firing_for` keeps the alert. */
  readonly keepFiringSince: number | undefined;
  /** The expression's value at the last evaluation. */
  readonly value: number;
}

interface RuleViewBase {
  readonly name: string;
  readonly query: string;
  readonly labels: Labels;
  readonly health: "ok" | "err" | "unknown";
  /** Why the last evaluation failed; empty when it did not. */
  readonly lastError: string;
  readonly lastEvaluation: number | undefined;
  readonly evaluationDuration: number | undefined;
}

export interface RecordingRuleView extends RuleViewBase {
  readonly type: "recording";
}

export interface AlertingRuleView extends RuleViewBase {
  readonly type: "alerting";
  /** `for` and `keep_firing_for`. */
  readonly holdFor: number;
  readonly keepFiringFor: number;
  readonly annotations: Labels;
  /** The worst of its alerts. */
  readonly state: AlertState;
  readonly alerts: readonly RunningAlertView[];
}

export type RuleView = RecordingRuleView | AlertingRuleView;

/** What a rule's expression is written in. */
export type RuleLanguage = "promql" | "logql";

/** One rule group. */
export interface RuleGroupView {
  readonly name: string;
  readonly file: string;
  readonly language: RuleLanguage;
  readonly interval: number;
  /** The most alerts or series of one rule; 0 for no limit. */
  readonly limit: number;
  readonly rules: readonly RuleView[];
  readonly lastEvaluation: number | undefined;
  readonly evaluationDuration: number | undefined;
}
