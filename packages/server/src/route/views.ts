import type { Labels } from "../model/index.ts";
import type { RouteConfig } from "./config/route-config.ts";
import { matchRoutes } from "./config/route-tree.ts";
import { isResolved } from "./dispatch/alert-book.ts";
import type { HeldAlert } from "./dispatch/alert-book.ts";
import type { AggregationGroup } from "./dispatch/groups.ts";
import type { Inhibitor } from "./stages/inhibit.ts";
import type { Silences } from "./stages/silence.ts";
import { mutedBy } from "./stages/time.ts";

/** An alert that fires, and what becomes of it. */
export interface AlertView extends HeldAlert {
  /** Names of the receivers whose routes it ends at. */
  readonly receivers: readonly string[];
  /** Ids of the silences that hold it back. */
  readonly silencedBy: readonly string[];
  /** Fingerprints of the alerts that inhibit it. */
  readonly inhibitedBy: readonly string[];
}

/** A group of alerts that fire. */
export interface GroupView {
  readonly key: string;
  readonly labels: Labels;
  readonly receiver: string;
  readonly routeLabels: Labels;
  /** Names of the time intervals for whose sake the group is quiet. */
  readonly mutedBy: readonly string[];
  readonly alerts: readonly AlertView[];
}

interface ViewContext {
  readonly config: RouteConfig;
  readonly inhibitor: Inhibitor;
  readonly silences: Silences;
  readonly at: number;
}

/** The alerts that fire, by fingerprint. */
export function viewAlerts(alerts: Iterable<HeldAlert>, context: ViewContext): AlertView[] {
  return [...alerts]
    .filter((alert) => !isResolved(alert, context.at))
    .map((alert) => viewAlert(alert, context))
    .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
}

/** The groups that have firing alerts, by their labels. */
export function viewGroups(groups: Iterable<AggregationGroup>, context: ViewContext): GroupView[] {
  return [...groups]
    .map((group): GroupView => ({
      key: group.key,
      labels: group.labels,
      receiver: group.route.receiver,
      routeLabels: group.route.labels,
      mutedBy: mutedBy(group.route, context.config.timeIntervals, context.at),
      alerts: viewAlerts(group.alerts.values(), context),
    }))
    .filter((group) => group.alerts.length > 0)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function viewAlert(alert: HeldAlert, context: ViewContext): AlertView {
  const { config, inhibitor, silences, at } = context;
  return {
    ...alert,
    receivers: matchRoutes(config.root, alert.labels).map((route) => route.receiver),
    silencedBy: silences.silencedBy(alert.labels, at),
    inhibitedBy: inhibitor.inhibitedBy(alert.labels, at),
  };
}
