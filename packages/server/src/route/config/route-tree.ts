import { compileMatchers } from "../../model/index.ts";
import type { Labels, Matcher } from "../../model/index.ts";
import { formatMatchers, sortMatchers } from "./matchers.ts";
import type { RouteDocument } from "./schema.ts";

/** A node of the route tree with everything that it inherits filled in. Durations in milliseconds. */
export interface Route {
  readonly receiver: string;
  /** Labels that make a group; `all` means every label that an alert has. */
  readonly groupBy: ReadonlySet<string> | "all";
  readonly groupWait: number;
  readonly groupInterval: number;
  readonly repeatInterval: number;
  readonly matchers: readonly Matcher[];
  readonly continue: boolean;
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
  /** Labels of the route, handed to notification templates. */
  readonly labels: Labels;
  readonly routes: readonly Route[];
  /** The matchers on the way from the root: the first part of every group key below this node. */
  readonly key: string;
  matches(labels: Labels): boolean;
}

type Inherited = Pick<
  Route,
  "receiver" | "groupBy" | "groupWait" | "groupInterval" | "repeatInterval" | "labels"
>;

const DEFAULTS: Inherited = {
  receiver: "",
  groupBy: new Set(),
  groupWait: 30_000,
  groupInterval: 5 * 60_000,
  repeatInterval: 4 * 3_600_000,
  labels: {},
};

/** Builds the tree from a checked document. */
export function buildRouteTree(document: RouteDocument): Route {
  return build(document, DEFAULTS, undefined);
}

function build(document: RouteDocument, parent: Inherited, parentKey: string | undefined): Route {
  const inherited: Inherited = {
    receiver: document.receiver === "" ? parent.receiver : document.receiver,
    groupBy: groupByOf(document.group_by) ?? parent.groupBy,
    groupWait: document.group_wait ?? parent.groupWait,
    groupInterval: document.group_interval ?? parent.groupInterval,
    repeatInterval: document.repeat_interval ?? parent.repeatInterval,
    labels: { ...parent.labels, ...document.labels },
  };
  const matchers = sortMatchers([
    ...document.match,
    ...document.match_re,
    ...document.matchers.matchers,
  ]);
  const own = formatMatchers(matchers);
  const key = parentKey === undefined ? own : `${parentKey}/${own}`;
  return {
    ...inherited,
    matchers,
    continue: document.continue,
    muteTimeIntervals: document.mute_time_intervals,
    activeTimeIntervals: document.active_time_intervals,
    routes: document.routes.map((child) => build(child, inherited, key)),
    key,
    matches: compileMatchers(matchers),
  };
}

function groupByOf(names: readonly string[] | undefined): Route["groupBy"] | undefined {
  // An empty list is none, as Alertmanager reads it: the parent's labels count.
  if (names === undefined || names.length === 0) return undefined;
  return names.includes("...") ? "all" : new Set(names);
}

/**
 * The nodes at which an alert ends: depth first; a child that matches ends the search among its
 * siblings unless it says `continue`; a node without a matching child takes the alert itself.
 */
export function matchRoutes(route: Route, labels: Labels): Route[] {
  if (!route.matches(labels)) return [];
  const found: Route[] = [];
  for (const child of route.routes) {
    const below = matchRoutes(child, labels);
    found.push(...below);
    if (below.length > 0 && !child.continue) break;
  }
  return found.length > 0 ? found : [route];
}

/** Every node, a parent before its children. */
export function walkRoutes(route: Route): Route[] {
  return [route, ...route.routes.flatMap(walkRoutes)];
}

/** The labels that name the group in which a route puts an alert. */
export function groupLabelsOf(route: Route, labels: Labels): Labels {
  const { groupBy } = route;
  if (groupBy === "all") return labels;
  return Object.fromEntries(Object.entries(labels).filter(([name]) => groupBy.has(name)));
}

/** Alertmanager's group key, e.g. `{}/{severity="page"}:{alertname="Down"}`. */
export function groupKeyOf(route: Route, groupLabels: Labels): string {
  const pairs = Object.keys(groupLabels)
    .sort()
    .map((name) => `${name}=${JSON.stringify(groupLabels[name])}`);
  return `${route.key}:{${pairs.join(", ")}}`;
}
