import { compileMatcher, formatMatcher } from "../model/index.ts";
import type { Labels } from "../model/index.ts";
import type { SilenceRecord } from "../store/index.ts";
import type { InhibitRule, RouteConfig } from "./config/route-config.ts";
import { groupKeyOf, groupLabelsOf } from "./config/route-tree.ts";
import type { Route } from "./config/route-tree.ts";
import type { HeldAlert } from "./dispatch/alert-book.ts";
import type { AggregationGroup } from "./dispatch/groups.ts";
import type { Inhibitor } from "./stages/inhibit.ts";
import type { Silences } from "./stages/silence.ts";
import { mutedBy } from "./stages/time.ts";

/** A node of the routing tree with its place: `0` is the root, `0.2` the root's third child. */
export interface PlacedRoute {
  readonly id: string;
  readonly parent: string | undefined;
  readonly route: Route;
  /** Names of the time intervals for whose sake it says nothing now. */
  readonly mutedBy: readonly string[];
}

/** What a node says to a label set; see the contract for what the verdicts mean. */
export interface RouteVerdict {
  readonly id: string;
  readonly verdict: "taken" | "passed" | "refused" | "skipped";
  readonly matchers: readonly { readonly matcher: string; readonly matches: boolean }[];
}

/** A route at which an alert ends. */
export interface RouteEnd extends PlacedRoute {
  /** The ids from the root to here. */
  readonly path: readonly string[];
  readonly integrations: readonly string[];
  readonly groupKey: string;
  readonly groupLabels: Labels;
  /** The group as it stands, when an alert is in it. */
  readonly group: { readonly alerts: number; readonly nextFlush: number } | undefined;
}

/** What becomes of an alert with some labels now, and why. */
export interface Explanation {
  readonly ends: readonly RouteEnd[];
  /** Parents before their children. */
  readonly considered: readonly RouteVerdict[];
  readonly inhibitedBy: readonly { readonly rule: InhibitRule; readonly alert: HeldAlert }[];
  readonly silencedBy: readonly SilenceRecord[];
}

export interface ExplainContext {
  readonly config: RouteConfig;
  readonly inhibitor: Inhibitor;
  readonly silences: Silences;
  readonly groups: Iterable<AggregationGroup>;
  readonly at: number;
}

/** Every node of the tree with its place, parents before their children. */
export function placeRoutes({ root, timeIntervals }: RouteConfig, at: number): PlacedRoute[] {
  const place = (route: Route, id: string, parent: string | undefined): PlacedRoute[] => [
    { id, parent, route, mutedBy: mutedBy(route, timeIntervals, at) },
    ...route.routes.flatMap((child, index) => place(child, `${id}.${index}`, id)),
  ];
  return place(root, "0", undefined);
}

/** Follows a label set through the tree and the stages that could hold an alert back. */
export function explain(labels: Labels, context: ExplainContext): Explanation {
  const { config, inhibitor, silences, at } = context;
  const verdicts = follow(config.root, "0", labels);
  const taken = new Set(verdicts.flatMap(({ id, verdict }) => (verdict === "taken" ? [id] : [])));
  const groups = new Map(
    [...context.groups].map((group) => [`${group.key}\0${group.route.receiver}`, group]),
  );
  const ends = placeRoutes(config, at)
    .filter(({ id }) => taken.has(id))
    .map((placed): RouteEnd => {
      const { route } = placed;
      const groupLabels = groupLabelsOf(route, labels);
      const groupKey = groupKeyOf(route, groupLabels);
      const group = groups.get(`${groupKey}\0${route.receiver}`);
      return {
        ...placed,
        path: pathTo(placed.id),
        integrations: (config.receivers.get(route.receiver)?.integrations ?? []).map(
          ({ name }) => name,
        ),
        groupKey,
        groupLabels,
        group: group && { alerts: group.alerts.size, nextFlush: group.nextFlush },
      };
    });
  return {
    ends,
    considered: verdicts,
    inhibitedBy: inhibitor.inhibitions(labels, at),
    silencedBy: silences.silencedBy(labels, at).flatMap((id) => silences.get(id) ?? []),
  };
}

/** The verdicts below a node, its own first. Its own is `refused` when it is the only one. */
function follow(route: Route, id: string, labels: Labels): RouteVerdict[] {
  const matchers = route.matchers.map((matcher) => ({
    matcher: formatMatcher(matcher),
    matches: compileMatcher(matcher)(labels),
  }));
  if (!matchers.every(({ matches }) => matches)) return [{ id, verdict: "refused", matchers }];
  const below: RouteVerdict[] = [];
  let passed = false;
  let stopped = false;
  for (const [index, child] of route.routes.entries()) {
    const childId = `${id}.${index}`;
    if (stopped) {
      below.push({ id: childId, verdict: "skipped", matchers: [] });
      continue;
    }
    const found = follow(child, childId, labels);
    below.push(...found);
    if (found[0]?.verdict === "refused") continue;
    passed = true;
    stopped = !child.continue;
  }
  return [{ id, verdict: passed ? "passed" : "taken", matchers }, ...below];
}

/** `0.2.1` → `0`, `0.2`, `0.2.1`. */
function pathTo(id: string): string[] {
  const steps = id.split(".");
  return steps.map((_, index) => steps.slice(0, index + 1).join("."));
}
