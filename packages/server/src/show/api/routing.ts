import { explainRouting, getRouting } from "@seaworthy/contract";
import type { Explanation, InhibitRule, RouteNode } from "@seaworthy/contract";
import { formatMatcher } from "../../model/index.ts";
import type {
  Explanation as ExplanationView,
  InhibitRule as InhibitRuleView,
  PlacedRoute,
  Router,
} from "../../route/index.ts";
import type { Serve } from "./serve.ts";

/** What the routing tree's pages ask of the router. */
export type RoutingViews = Pick<Router, "config" | "routes" | "explain" | "silences">;

/** The routing tree, and the way of a label set through it. */
export function serveRouting(serve: Serve, router: RoutingViews): void {
  serve(getRouting, async () => {
    const config = router.config();
    return {
      file: config.file,
      routes: router.routes().map(nodeView),
      inhibitRules: config.inhibitRules.map(inhibitRuleView),
      timeIntervals: [...config.timeIntervals.keys()],
      warnings: [...config.warnings],
    };
  });

  serve(explainRouting, async ({ body }) => {
    // Another server may have made or ended a silence.
    await router.silences.refresh();
    return explanationView(router.explain(body.labels), router.config().inhibitRules);
  });
}

const seconds = (ms: number) => ms / 1000;

function nodeView({ id, parent, route, mutedBy }: PlacedRoute): RouteNode {
  return {
    id,
    parent: parent ?? null,
    receiver: route.receiver,
    matchers: route.matchers.map(formatMatcher),
    groupBy: route.groupBy === "all" ? ["..."] : [...route.groupBy].sort(),
    groupWait: seconds(route.groupWait),
    groupInterval: seconds(route.groupInterval),
    repeatInterval: seconds(route.repeatInterval),
    continue: route.continue,
    muteTimeIntervals: [...route.muteTimeIntervals],
    activeTimeIntervals: [...route.activeTimeIntervals],
    mutedBy: [...mutedBy],
  };
}

function inhibitRuleView(rule: InhibitRuleView, index: number): InhibitRule {
  return {
    index,
    name: rule.name,
    source: rule.source.map(formatMatcher),
    target: rule.target.map(formatMatcher),
    equal: [...rule.equal],
  };
}

function explanationView(
  { ends, considered, inhibitedBy, silencedBy }: ExplanationView,
  rules: readonly InhibitRuleView[],
): Explanation {
  const speaks = ends.some(
    ({ integrations, mutedBy }) => integrations.length > 0 && mutedBy.length === 0,
  );
  return {
    ends: ends.map(({ id, path, route, group, ...end }) => ({
      route: id,
      path: [...path],
      receiver: route.receiver,
      integrations: [...end.integrations],
      groupKey: end.groupKey,
      groupLabels: { ...end.groupLabels },
      groupWait: seconds(route.groupWait),
      groupInterval: seconds(route.groupInterval),
      repeatInterval: seconds(route.repeatInterval),
      mutedBy: [...end.mutedBy],
      group:
        group === undefined
          ? null
          : { alerts: group.alerts, nextFlushAt: new Date(group.nextFlush).toISOString() },
    })),
    considered: considered.map(({ id, verdict, matchers }) => ({
      route: id,
      verdict,
      matchers: [...matchers],
    })),
    inhibitedBy: inhibitedBy.map(({ rule, alert }) => ({
      rule: inhibitRuleView(rule, rules.indexOf(rule)),
      alert: { fingerprint: alert.fingerprint, labels: { ...alert.labels } },
    })),
    silencedBy: silencedBy.map(({ id, matchers, createdBy, comment, endsAt }) => ({
      id,
      matchers: matchers.map(formatMatcher),
      createdBy,
      comment,
      endsAt: new Date(endsAt).toISOString(),
    })),
    notifies: speaks && inhibitedBy.length === 0 && silencedBy.length === 0,
  };
}
