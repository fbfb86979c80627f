import type { Alert, Labels, RuleLanguage } from "../../model/index.ts";
import { METRIC_NAME, withoutEmpty } from "../../model/index.ts";
import { advance, byFingerprint, isDue } from "./alert-lifecycle.ts";
import type { AlertStates, FoundAlert, RuleAlertState } from "./alert-lifecycle.ts";
import type { ExpansionEnvironment } from "./label-templates.ts";
import type { OutputSample } from "./outputs.ts";
import type { AlertingRule, RuleGroup } from "./rule-group.ts";
import { RuleError } from "./rule-queries.ts";
import type { RuleSample } from "./rule-queries.ts";

export const ALERT_NAME = "alertname";
const ALERT_STATE = "alertstate";

/** The group's terms that an evaluation is under. */
export type GroupTerms = Pick<RuleGroup, "limit" | "externalLabels">;

/** The states after an evaluation. Throws RuleError; `ResetError` says that the states are lost too. */
export async function evaluateAlerts(
  rule: AlertingRule,
  before: AlertStates,
  vector: readonly RuleSample[],
  group: GroupTerms,
  environment: ExpansionEnvironment,
  templateFailed: (label: string, reason: string) => void,
): Promise<Map<string, RuleAlertState>> {
  const found: FoundAlert[] = [];
  for (const sample of vector) {
    const alert = {
      labels: sample.labels,
      externalLabels: group.externalLabels,
      externalUrl: environment.externalUrl,
      value: sample.value,
    };
    const { templates } = rule;
    const ruleLabels = await templates.labels.expand(alert, environment, templateFailed);
    const annotations = await templates.annotations.expand(alert, environment, templateFailed);
    const labels = withoutEmpty({
      ...sample.labels,
      [METRIC_NAME]: "",
      ...ruleLabels,
      [ALERT_NAME]: rule.name,
    });
    found.push({ labels, annotations, value: sample.value });
  }
  const alerts = byFingerprint(found);
  if (alerts === undefined)
    throw new RuleError(
      "vector contains metrics with the same labelset after applying alert labels: keep a label that tells them apart",
    );
  const after = advance(before, alerts, environment.at, rule);
  const active = [...after.values()].filter(({ state }) => state !== "inactive").length;
  if (group.limit > 0 && active > group.limit)
    throw new ResetError(`exceeded limit of ${group.limit} with ${active} alerts`);
  return after;
}

/** A failure after which the rule starts over without any alerts: it made more than its limit. */
export class ResetError extends RuleError {}

/** The `ALERTS` and `ALERTS_FOR_STATE` samples of the states. */
export function alertSamples(rule: AlertingRule, states: AlertStates): OutputSample[] {
  const samples: OutputSample[] = [];
  for (const alert of states.values()) {
    if (alert.state === "inactive") continue;
    const labels = { ...alert.labels, [ALERT_NAME]: rule.name };
    samples.push(
      { labels: { ...labels, [METRIC_NAME]: "ALERTS", [ALERT_STATE]: alert.state }, value: 1 },
      {
        labels: { ...labels, [METRIC_NAME]: "ALERTS_FOR_STATE" },
        // Prometheus stores whole seconds.
        value: Math.floor(alert.activeAt / 1000),
      },
    );
  }
  return samples;
}

/** Alerts that the router must hear of now, by fingerprint. */
export function alertsDue(
  rule: AlertingRule,
  states: AlertStates,
  at: number,
  group: Pick<RuleGroup, "interval" | "externalLabels" | "language">,
  terms: { readonly resendDelay: number; readonly externalUrl: string },
): Map<string, Alert> {
  const validFor = 4 * Math.max(terms.resendDelay, group.interval);
  const generatorURL = `${terms.externalUrl}${pageOf(rule, group.language)}`;
  const due = new Map<string, Alert>();
  for (const [key, alert] of states) {
    if (!isDue(alert, at, terms.resendDelay)) continue;
    due.set(key, {
      labels: withExternal(alert.labels, group.externalLabels),
      annotations: alert.annotations,
      startsAt: alert.firedAt ?? alert.activeAt,
      endsAt: alert.resolvedAt ?? at + validFor,
      generatorURL,
    });
  }
  return due;
}

/** The page of a rule's expression: Prometheus's own path, or the log explorer. */
function pageOf({ query }: AlertingRule, language: RuleLanguage): string {
  const asked = encodeQuery(query);
  return language === "logql" ? `/explore/logs?q=${asked}` : `/graph?g0.expr=${asked}&g0.tab=1`;
}

/** External labels never replace a label that the alert has. */
function withExternal(labels: Labels, external: Labels): Labels {
  return { ...external, ...labels };
}

/** As Go's url.QueryEscape, so that the link is the one that Prometheus would make. */
function encodeQuery(text: string): string {
  return encodeURIComponent(text)
    .replaceAll("%20", "+")
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
