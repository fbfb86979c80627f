import { createEngine } from "@seaworthy/promql";
import { expect, it } from "vitest";
import type { RuleGroupView, RuleView } from "../model/index.ts";
import { alertsAboutRequests, rulesThatNeverFired, rulesWithoutSeries } from "./unused-rules.ts";

const NOW = Date.UTC(2026, 5, 15);
const DAY = 86_400_000;

function rule(name: string, query: string, labels: Record<string, string> = {}): RuleView {
  return {
    type: "alerting",
    name,
    query,
    labels,
    annotations: {},
    health: "ok",
    lastError: "",
    lastEvaluation: undefined,
    evaluationDuration: undefined,
    holdFor: 0,
    keepFiringFor: 0,
    state: "inactive",
    alerts: [],
  };
}

function group(...rules: RuleView[]): RuleGroupView {
  return {
    name: "g",
    file: "g.yml",
    language: "promql",
    interval: 60_000,
    limit: 0,
    rules,
    lastEvaluation: undefined,
    evaluationDuration: undefined,
  };
}

it("tells the rules that have not fired, by name and the labels that are fixed", () => {
  const groups = [
    group(
      rule("Errors", "a > 1", { severity: "critical" }),
      rule("Errors", "a > 2", { severity: "warning" }),
      rule("Old", "b > 1", { team: "{{ $labels.team }}" }),
      { ...rule("Now", "c > 1"), state: "firing" } as RuleView,
      rule("Never", "d > 1"),
    ),
  ];
  const firings = [
    { labels: { alertname: "Errors", severity: "warning", job: "x" }, startedAt: NOW - DAY },
    { labels: { alertname: "Old", team: "a" }, startedAt: NOW - 40 * DAY },
    { labels: { alertname: "Old", team: "b" }, startedAt: NOW - 35 * DAY },
  ];
  const found = rulesThatNeverFired(groups, firings, NOW - 30 * DAY);
  expect(found.map((one) => [one.rule.name, one.rule.query, one.lastFiredAt])).toEqual([
    ["Errors", "a > 1", undefined],
    ["Old", "b > 1", NOW - 35 * DAY],
    ["Never", "d > 1", undefined],
  ]);
});

it("tells the rules whose series do not exist, and asks for each selector once", async () => {
  const engine = createEngine({});
  const asked: string[] = [];
  const found = await rulesWithoutSeries(
    [
      group(
        rule("Fine", "up == 0"),
        rule("Half", "rate(gone{job='x'}[5m]) > 0 or up == 0"),
        rule("Blind", "sum(rate(gone{job='x'}[5m])) / sum(rate(lost[5m])) > 0"),
        rule("Absent", "absent(lost)"),
        rule("Unless", "up == 0 unless on (job) lost"),
      ),
    ],
    {
      parse: (query) => engine.parse(query),
      series: async ({ selectors, startMs, endMs, limit }) => {
        const name = selectors[0]?.find((one) => one.name === "__name__")?.value ?? "";
        asked.push(name);
        expect([endMs - startMs, limit]).toEqual([DAY, 1]);
        return { items: name === "up" ? [{}] : [] };
      },
    },
    NOW,
  );
  expect(found.rules.map((one) => [one.rule.name, one.missing, one.blind])).toEqual([
    ["Half", ['gone{job="x"}'], false],
    ["Blind", ['gone{job="x"}', "lost"], true],
  ]);
  expect(asked.sort()).toEqual(["gone", "lost", "up"]);
});

it("knows which alerts are about requests", () => {
  const groups = [
    group(
      rule("Failing", 'sum(rate(http_requests_total{status=~"5.."}[5m])) > 1'),
      rule("Slow", "histogram_quantile(0.9, rate(http_server_request_duration_seconds[5m])) > 1"),
      rule("NoRequests", "absent(http_requests_total)"),
      rule("Down", "up == 0"),
    ),
  ];
  const engine = createEngine({});
  expect(alertsAboutRequests(groups, (query) => engine.parse(query))).toEqual(["Failing", "Slow"]);
});
