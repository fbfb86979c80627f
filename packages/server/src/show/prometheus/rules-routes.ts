import { createHash } from "node:crypto";
import { formatValue } from "@seaworthy/promql";
import type { FastifyInstance } from "fastify";
import { compileMatchers } from "../../model/index.ts";
import type { RuleGroupView, RuleView, RunningAlertView } from "../../model/index.ts";
import type { MetricsQuery } from "../../query/index.ts";
import { ApiError, invalidParameter } from "./api-error.ts";
import { success } from "./json.ts";
import { RequestParameters } from "./parameters.ts";
import { json } from "./answer.ts";

/** `/rules` and `/alerts`. */
export function rulesRoutes(
  app: FastifyInstance,
  deps: { readonly groups: () => readonly RuleGroupView[]; readonly metrics: MetricsQuery },
): void {
  const config = { access: "read" } as const;

  app.get("/alerts", { config }, async (_request, reply) => {
    const alerts = deps
      .groups()
      .flatMap(({ rules }) => rules)
      .flatMap((rule) => (rule.type === "alerting" ? rule.alerts : []));
    return json(reply, success({ alerts: alerts.map(alertJson) }));
  });

  app.get("/rules", { config }, async (request, reply) => {
    const parameters = new RequestParameters(request);
    const wanted = ruleFilter(parameters, deps.metrics);
    const withAlerts = !boolean(parameters, "exclude_alerts");
    const files = new Set([...parameters.all("file[]"), ...parameters.all("file")]);
    const names = new Set([...parameters.all("rule_group[]"), ...parameters.all("rule_group")]);
    const groups = deps
      .groups()
      .filter(({ file }) => files.size === 0 || files.has(file))
      .filter(({ name }) => names.size === 0 || names.has(name))
      .map((group) => ({ ...group, rules: group.rules.filter(wanted) }))
      .filter(({ rules }) => rules.length > 0);
    const { page, next } = paginate(groups, parameters);
    const data = {
      groups: page.map((group) => groupJson(group, withAlerts)),
      ...(next === undefined ? {} : { groupNextToken: next }),
    };
    return json(reply, success(data));
  });
}

function boolean(parameters: RequestParameters, name: string): boolean {
  const text = parameters.get(name).toLowerCase();
  if (["1", "t", "true"].includes(text)) return true;
  if (["", "0", "f", "false"].includes(text)) return false;
  throw invalidParameter(name, "not a boolean");
}

function ruleFilter(parameters: RequestParameters, metrics: MetricsQuery) {
  const type = parameters.get("type").toLowerCase();
  if (!["", "alert", "record"].includes(type)) {
    throw invalidParameter("type", `not supported value ${JSON.stringify(type)}`);
  }
  const names = new Set([...parameters.all("rule_name[]"), ...parameters.all("rule_name")]);
  const selectors = parameters.selectors(metrics).map((matchers) => compileMatchers(matchers));
  return (rule: RuleView): boolean =>
    (type === "" || (type === "alert") === (rule.type === "alerting")) &&
    (names.size === 0 || names.has(rule.name)) &&
    (selectors.length === 0 || selectors.some((matches) => matches(rule.labels)));
}

/** `group_limit` groups after the one that `group_next_token` names. */
function paginate(groups: readonly RuleGroupView[], parameters: RequestParameters) {
  const limit = parameters.limit("group_limit");
  const token = parameters.get("group_next_token");
  if (limit === undefined) {
    if (token !== "") {
      throw invalidParameter(
        "group_limit",
        "group_limit needs to be set in order to paginate over the groups",
      );
    }
    return { page: groups, next: undefined };
  }
  const start = token === "" ? 0 : groups.findIndex((group) => tokenOf(group) === token);
  if (start < 0) {
    throw new ApiError(
      "bad_data",
      `invalid group_next_token ${JSON.stringify(token)}: was it obtained from another set of rules?`,
    );
  }
  const next = groups[start + limit];
  const page = groups.slice(start, start + limit);
  return { page, next: next === undefined ? undefined : tokenOf(next) };
}

function tokenOf({ file, name }: RuleGroupView): string {
  return createHash("sha1").update(`${file};${name}`).digest("hex");
}

/** `language` is ours alone: there where the rules are not PromQL. */
function groupJson(group: RuleGroupView, withAlerts: boolean): object {
  return {
    name: group.name,
    file: group.file,
    ...(group.language === "promql" ? {} : { language: group.language }),
    rules: group.rules.map((rule) => ruleJson(rule, withAlerts)),
    interval: group.interval / 1000,
    limit: group.limit,
    evaluationTime: seconds(group.evaluationDuration),
    lastEvaluation: timestamp(group.lastEvaluation),
  };
}

function ruleJson(rule: RuleView, withAlerts: boolean): object {
  const common = {
    health: rule.health === "unknown" ? "unknown" : rule.health,
    ...(rule.lastError === "" ? {} : { lastError: rule.lastError }),
    evaluationTime: seconds(rule.evaluationDuration),
    lastEvaluation: timestamp(rule.lastEvaluation),
    type: rule.type,
  };
  if (rule.type === "recording") {
    const labels = Object.keys(rule.labels).length === 0 ? {} : { labels: rule.labels };
    return { name: rule.name, query: rule.query, ...labels, ...common };
  }
  return {
    state: rule.state,
    name: rule.name,
    query: rule.query,
    duration: rule.holdFor / 1000,
    keepFiringFor: rule.keepFiringFor / 1000,
    labels: rule.labels,
    annotations: rule.annotations,
    alerts: withAlerts ? rule.alerts.map(alertJson) : [],
    ...common,
  };
}

function alertJson(alert: RunningAlertView): object {
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    state: alert.state,
    activeAt: timestamp(alert.activeAt),
    ...(alert.keepFiringSince === undefined
      ? {}
      : { keepFiringSince: timestamp(alert.keepFiringSince) }),
    value: exponential(alert.value),
  };
}

/** Go's format 'e' with the shortest precision: `1e+00`. */
function exponential(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

export function seconds(ms: number | undefined): number {
  return (ms ?? 0) / 1000;
}

/** RFC 3339; Go's zero time for what has not happened. */
export function timestamp(ms: number | undefined): string {
  return ms === undefined ? "0001-01-01T00:00:00Z" : new Date(ms).toISOString();
}
