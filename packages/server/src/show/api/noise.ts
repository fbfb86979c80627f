import {
  getAlertHistory,
  getNoise,
  listUnusedRules,
  suggestInhibitions,
} from "@seaworthy/contract";
import { rulesThatNeverFired, rulesWithoutSeries } from "../../evaluate/index.ts";
import type { PlacedRule } from "../../evaluate/index.ts";
import { formatMatcher } from "../../model/index.ts";
import type { Clock } from "../../model/index.ts";
import type { InhibitionSuggestion } from "../../route/index.ts";
import type { Serve } from "./serve.ts";
import type { ApiSources } from "./sources.ts";

const DAY = 86_400_000;

/** What the pages about noise ask. */
type NoiseSources = Pick<ApiSources, "history" | "rules" | "metrics">;

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
    const found = await sources.history.suggestions(clock.now() - query.days * DAY);
    return {
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

/** The rule as alertmanager.yml takes it. Texts are JSON, which YAML reads as it is. */
function yamlOf({ source, target, equal }: InhibitionSuggestion): string {
  const named = (value: string) =>
    JSON.stringify(formatMatcher({ name: "alertname", operator: "=", value }));
  return [
    `- source_matchers: [${named(source)}]`,
    `  target_matchers: [${named(target)}]`,
    `  equal: [${equal.map((name) => JSON.stringify(name)).join(", ")}]`,
    "",
  ].join("\n");
}
