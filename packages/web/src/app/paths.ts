import { tracePath } from "@seaworthy/contract";

/**
 * Every address of the interface is built here. `from`, `to` and `tz` are shared by all screens and
 * are carried over by ScreenLink, not here.
 */
export const paths = {
  overview: () => "/",
  incidents: (state?: "open" | "resolved" | "all") =>
    state === undefined || state === "open" ? "/incidents" : `/incidents?state=${state}`,
  incident: (number: number | string) => `/incidents/${number}`,
  incidentFigures: () => "/incidents/figures",
  alerts: (filter: { label?: string; open?: string } = {}) => withQuery("/alerts", filter),
  alert: (fingerprint: string) => `/alerts/${encodeURIComponent(fingerprint)}`,
  silences: () => "/alerts/silences",
  rules: (filter: { rule?: string; show?: string } = {}) => withQuery("/alerts/rules", filter),
  rule: (group: string, name: string, place = 0) =>
    withQuery(
      `/alerts/rules/${encodeURIComponent(group)}/${encodeURIComponent(name)}`,
      place === 0 ? {} : { place: String(place) },
    ),
  newRule: (expression?: string, language?: string) =>
    withQuery("/alerts/rules/new", { expr: expression, lang: language }),
  routing: (labels: Readonly<Record<string, string>> = {}) =>
    withQuery("/alerts/routing", {
      label: Object.entries(labels).map(([name, value]) => `${name}=${value}`),
    }),
  receivers: () => "/alerts/receivers",
  noise: () => "/alerts/noise",
  notifications: () => "/alerts/notifications",
  explore: (queries: readonly string[] = [], range?: { from: string; to: string }) =>
    withQuery("/explore/metrics", { q: queries, ...range }),
  /** Which metric and label makes how many series. */
  cardinality: (
    of: {
      readonly metric?: string | undefined;
      readonly label?: string | undefined;
      readonly days?: number;
    } = {},
  ) =>
    withQuery("/explore/metrics/series", {
      metric: of.metric,
      label: of.label,
      days: of.days === undefined || of.days === 1 ? undefined : String(of.days),
    }),
  logs: (query?: string, range?: { from: string; to: string }) =>
    withQuery("/explore/logs", { q: query, ...range }),
  /** A search by TraceQL. */
  traces: (query?: string, range?: { from: string; to: string }) =>
    withQuery("/explore/traces", { q: query, ...range }),
  traceOperations: (filter: { service?: string } = {}) =>
    withQuery("/explore/traces/operations", filter),
  serviceMap: (filter: { service?: string } = {}) => withQuery("/explore/traces/services", filter),
  slowTraces: (query?: string) => withQuery("/explore/traces/slow", { q: query }),
  /** A trace, and a span of it. */
  trace: tracePath,
  onCall: () => "/on-call",
  newSchedule: () => "/on-call/schedules/new",
  schedule: (id: string) => `/on-call/schedules/${encodeURIComponent(id)}`,
  policies: () => "/on-call/escalation",
  newPolicy: () => "/on-call/escalation/new",
  policy: (id: string) => `/on-call/escalation/${encodeURIComponent(id)}`,
  ways: () => "/on-call/me",
  people: () => "/on-call/people",
  controls: () => "/controls",
  postMortems: () => "/post-mortems",
  postMortem: (number: number | string) => `/incidents/${number}/post-mortem`,
  runbooks: () => "/runbooks",
  runbook: (name: string) => `/runbooks/${encodeURIComponent(name)}`,
  load: () => "/on-call/load",
  handover: (id: string) => `/on-call/schedules/${encodeURIComponent(id)}/handover`,
  statusPage: () => "/status-page",
  newComponent: () => "/status-page/components/new",
  component: (id: string) => `/status-page/components/${encodeURIComponent(id)}`,
  announcements: () => "/status-page/announcements",
  statusAppearance: () => "/status-page/appearance",
  targets: () => "/targets",
  settings: () => "/settings",
  tokens: () => "/settings/tokens",
  audit: () => "/settings/audit",
  chats: () => "/settings/chat",
  signIn: (next?: string) =>
    withQuery("/sign-in", next === undefined || next === "/" ? {} : { next }),
} as const;

function withQuery(
  path: string,
  given: Readonly<Record<string, string | readonly string[] | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    for (const each of typeof value === "string" ? [value] : value) query.append(name, each);
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** Where to go after signing in: only a path of our own, whatever the address bar said. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) && !next.startsWith("/sign-in") ? next : "/";
}

const sharedNames = ["from", "to", "tz"] as const;

/** A path with the shared parameters of the present address added, unless it names them itself. */
export function withSharedParameters(path: string, present: URLSearchParams): string {
  const at = path.indexOf("?");
  const query = new URLSearchParams(at === -1 ? "" : path.slice(at + 1));
  for (const name of sharedNames) {
    const value = present.get(name);
    if (value !== null && !query.has(name)) query.set(name, value);
  }
  const bare = at === -1 ? path : path.slice(0, at);
  return query.size === 0 ? bare : `${bare}?${query.toString()}`;
}
