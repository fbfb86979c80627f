import {
  getAlertHistory,
  getNoise,
  listUnusedRules,
  suggestInhibitions,
} from "@seaworthy/contract";
import {
  alertsAboutRequests,
  rulesThatNeverFired,
  rulesWithoutSeries,
} from "../../evaluate/index.ts";
import type { PlacedRule } from "../../evaluate/index.ts";
import { formatMatcher, METRIC_NAME } from "../../model/index.ts";
import type { Clock, Labels } from "../../model/index.ts";
import type { DependencySuggestion, InhibitionSuggestion } from "../../route/index.ts";
import type { Serve } from "./serve.ts";
import type { ApiSources } from "./sources.ts";

const DAY = 86_400_000;
/** Scrape targets that are looked at for the labels that name services. */
const MAX_TARGETS = 10_000;

/** What the pages about noise ask. */
type NoiseSources = Pick<ApiSources, "history" | "rules" | "metrics" | "serviceCalls">;

/** What alerts have done in the past, and which rules are of no use. */
export function serveNoise(serve: Serve, sources: NoiseSources, clock: Clock): void {
  serve(getAlertHistory, async ({ query: { days, limit, ...filter } }) => {
    const { history } = sources;
    const now = clock.now();
    const since = now - days * DAY;
    const found = await history.firings({
      fingerprint: filter.fingerprint,
      name: filter.alertname,
      since,
      limit: limit + 1,
    });
    const firings = found.slice(0, limit);
    const firingFor = firings.reduce(
      (sum, one) => sum + Math.max(0, Math.min(one.endedAt, now) - Math.max(one.startedAt, since)),
      0,
    );
    return {
      since: instantOf(Math.max(since, await history.begins())),
      firings: firings.map(({ fingerprint, labels, startedAt, endedAt }) => ({
        fingerprint,
        labels: { ...labels },
        startedAt: instantOf(startedAt),
        endedAt: endedAt > now ? null : instantOf(endedAt),
      })),
      truncated: found.length > limit,
      firingSeconds: firingFor / 1000,
      flapping:
        history.flapping === undefined
          ? null
          : {
              firings: history.flapping.firings,
              withinSeconds: history.flapping.within / 1000,
            },
    };
  });

  serve(getNoise, async ({ query }) => {
    const now = clock.now();
    const report = await sources.history.noise({ since: now - query.days * DAY, now });
    return {
      since: instantOf(report.since),
      pages: report.pages,
      actedOn: report.actedOn,
      alerts: report.alerts.slice(0, query.limit).map(({ firingFor, ...alert }) => ({
        ...alert,
        firingSeconds: firingFor / 1000,
        ignored: alert.pages - alert.actedOn,
        receivers: [...alert.receivers],
      })),
    };
  });

  serve(suggestInhibitions, async ({ query }) => {
    const [found, dependencies] = await Promise.all([
      sources.history.suggestions(clock.now() - query.days * DAY),
      readDependencies(sources, clock.now()),
    ]);
    return {
      dependencies: dependencies.map(({ caller, callee, calls, alerts, source, target }) => ({
        caller,
        callee,
        calls,
        alerts: [...alerts],
        yaml: inhibitionYaml({
          source: matchersOf(source),
          target: [`alertname=~${JSON.stringify(alerts.join("|"))}`, ...matchersOf(target)],
        }),
      })),
      since: instantOf(found.since),
      suggestions: found.suggestions.map((one) => ({
        ...one,
        equal: [...one.equal],
        yaml: yamlOf(one),
      })),
    };
  });

  serve(listUnusedRules, async ({ query }) => {
    const { history, rules, metrics } = sources;
    const now = clock.now();
    const since = now - query.days * DAY;
    const groups = rules.groups();
    const never = rulesThatNeverFired(groups, await history.lastFirings(), since);
    const blind = await rulesWithoutSeries(groups, metrics, now);
    return {
      since: instantOf(Math.max(since, await history.begins())),
      neverFired: never.map(({ lastFiredAt, ...rule }) => ({
        ...ruleView(rule),
        lastFiredAt: lastFiredAt === undefined ? null : instantOf(lastFiredAt),
      })),
      withoutSeries: blind.rules.map((rule) => ({
        ...ruleView(rule),
        missing: [...rule.missing],
        blind: rule.blind,
      })),
      truncated: blind.truncated,
    };
  });
}

/** What the service map of the last day speaks for. */
async function readDependencies(
  { history, rules, metrics, serviceCalls }: NoiseSources,
  now: number,
): Promise<readonly DependencySuggestion[]> {
  const groups = rules.groups();
  const requestAlerts = alertsAboutRequests(groups, metrics.parse);
  const calls = requestAlerts.length === 0 ? [] : await serviceCalls(now - DAY, now);
  if (calls.length === 0) return [];
  const { items } = await metrics.series({
    selectors: [[{ name: METRIC_NAME, operator: "=", value: "up" }]],
    startMs: now - DAY,
    endMs: now,
    limit: MAX_TARGETS,
  });
  const alerts = groups.flatMap((group) => group.rules.map((rule) => rule.name));
  const targets = items.map((labels) => labels.toObject());
  return history.dependencies(calls, { targets, alerts: new Set(alerts), requestAlerts });
}

function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}

function ruleView({ group, rule }: PlacedRule) {
  return {
    file: group.file,
    group: group.name,
    name: rule.name,
    type: rule.type,
    labels: { ...rule.labels },
    expression: rule.query,
  };
}

/** The rule that hides one alert while another fires. */
function yamlOf({ source, target, equal }: InhibitionSuggestion): string {
  return inhibitionYaml({
    source: matchersOf({ alertname: source }),
    target: matchersOf({ alertname: target }),
    equal,
  });
}

function matchersOf(labels: Labels): string[] {
  return Object.entries(labels).map(([name, value]) =>
    formatMatcher({ name, operator: "=", value }),
  );
}

/** A rule as alertmanager.yml takes it. Texts are JSON, which YAML reads as it is. */
function inhibitionYaml(rule: {
  readonly source: readonly string[];
  readonly target: readonly string[];
  readonly equal?: readonly string[];
}): string {
  const list = (texts: readonly string[]) =>
    `[${texts.map((text) => JSON.stringify(text)).join(", ")}]`;
  return [
    `- source_matchers: ${list(rule.source)}`,
    `  target_matchers: ${list(rule.target)}`,
    ...(rule.equal === undefined ? [] : [`  equal: ${list(rule.equal)}`]),
    "",
  ].join("\n");
}
