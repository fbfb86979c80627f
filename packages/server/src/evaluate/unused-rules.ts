import { childrenOf, formatSelector } from "@seaworthy/promql";
import type { Expr, Matcher, VectorSelector } from "@seaworthy/promql";
import { METRIC_NAME } from "../model/index.ts";
import type { Labels, RuleGroupView, RuleView } from "../model/index.ts";

/** Series that a rule may need were written within this time, or they do not exist. */
const SERIES_WITHIN = 86_400_000;
/** Selectors that are looked for, of all rules. */
const MAX_SELECTORS = 1000;

/** A rule and where it stands. */
export interface PlacedRule {
  readonly group: RuleGroupView;
  readonly rule: RuleView;
}

/** A rule whose selectors match nothing. */
export interface BlindRule extends PlacedRule {
  readonly missing: readonly string[];
  /** Whether that is all that it selects. */
  readonly blind: boolean;
}

/** What the search for rules of no use asks. */
export interface UnusedRulesDeps {
  readonly parse: (query: string) => Expr;
  readonly series: (request: {
    readonly selectors: readonly (readonly Matcher[])[];
    readonly startMs: number;
    readonly endMs: number;
    readonly limit: number;
  }) => Promise<{ readonly items: readonly unknown[] }>;
}

/** The alerting rules that have not fired since `since`, with when they did before that. */
export function rulesThatNeverFired(
  groups: readonly RuleGroupView[],
  firings: readonly { readonly labels: Labels; readonly startedAt: number }[],
  since: number,
): (PlacedRule & { readonly lastFiredAt: number | undefined })[] {
  return placed(groups).flatMap(({ group, rule }) => {
    if (rule.type !== "alerting" || rule.state === "firing") return [];
    // What is made by a template is not known before it fires.
    const fixed = Object.entries(rule.labels).filter(([, value]) => !value.includes("{{"));
    const own = firings.filter(
      ({ labels }) =>
        labels["alertname"] === rule.name &&
        fixed.every(([name, value]) => (labels[name] ?? "") === value),
    );
    const last = own.length === 0 ? undefined : Math.max(...own.map((one) => one.startedAt));
    return last !== undefined && last >= since ? [] : [{ group, rule, lastFiredAt: last }];
  });
}

/** The rules with selectors that match no series of the last day. */
export async function rulesWithoutSeries(
  groups: readonly RuleGroupView[],
  { parse, series }: UnusedRulesDeps,
  now: number,
): Promise<{ readonly rules: readonly BlindRule[]; readonly truncated: boolean }> {
  const known = new Map<string, boolean>();
  let truncated = false;
  const exists = async (selector: VectorSelector): Promise<boolean> => {
    const text = formatSelector(selector);
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= MAX_SELECTORS) {
      truncated = true;
      return true;
    }
    const { items } = await series({
      selectors: [selector.matchers],
      startMs: now - SERIES_WITHIN,
      endMs: now,
      limit: 1,
    });
    known.set(text, items.length > 0);
    return items.length > 0;
  };
  const rules: BlindRule[] = [];
  // Whether a rule over logs finds nothing shows in the logs alone.
  for (const { group, rule } of placed(groups.filter(({ language }) => language === "promql"))) {
    const missing: string[] = [];
    const selectors = neededSelectors(parse(rule.query));
    for (const selector of selectors)
      if (!(await exists(selector))) missing.push(formatSelector(selector));
    if (missing.length === 0) continue;
    const unique = [...new Set(missing)];
    rules.push({ group, rule, missing: unique, blind: missing.length === selectors.length });
  }
  return { rules, truncated };
}

/** Metrics of requests that came in, by the names of Prometheus's and of OpenTelemetry's conventions. */
const REQUEST_METRIC = /^http_(?:server_)?requests?_/;

/** The alerting rules whose expressions are about requests: they fire when what is called is down. */
export function alertsAboutRequests(
  groups: readonly RuleGroupView[],
  parse: UnusedRulesDeps["parse"],
): string[] {
  const isAboutRequests = ({ matchers }: VectorSelector) =>
    matchers.some(
      ({ name, operator, value }) =>
        name === METRIC_NAME && operator === "=" && REQUEST_METRIC.test(value),
    );
  const named = placed(groups).flatMap(({ group, rule }) =>
    group.language === "promql" &&
    rule.type === "alerting" &&
    neededSelectors(parse(rule.query)).some(isAboutRequests)
      ? [rule.name]
      : [],
  );
  return [...new Set(named)];
}

/** The selectors of an expression but those whose absence it is about. */
function neededSelectors(expr: Expr): VectorSelector[] {
  if (expr.kind === "vector_selector") return [expr];
  if (expr.kind === "call" && expr.function.startsWith("absent")) return [];
  if (expr.kind === "binary" && expr.operator === "unless") return neededSelectors(expr.left);
  return childrenOf(expr).flatMap(neededSelectors);
}

function placed(groups: readonly RuleGroupView[]): PlacedRule[] {
  return groups.flatMap((group) => group.rules.map((rule) => ({ group, rule })));
}
