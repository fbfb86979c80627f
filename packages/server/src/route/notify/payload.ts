import type { AlertGroup, AlertSnapshot, Labels } from "../../model/index.ts";
import { isResolved } from "../dispatch/alert-book.ts";
import type { HeldAlert } from "../dispatch/alert-book.ts";
import type { Reason } from "../stages/dedup.ts";

/** A notification as it was decided on: what every attempt to deliver it tells, whatever happens since. */
export interface NotificationPayload extends AlertGroup {
  readonly receiver: string;
  readonly reason: Reason;
  readonly routeLabels: Labels;
}

/**
 * The alerts of a group at one moment, in Alertmanager's order. One that flaps fires also while it does
 * not.
 */
export function snapshots(
  alerts: readonly HeldAlert[],
  at: number,
  flapping: ReadonlyMap<string, number>,
): AlertSnapshot[] {
  return alerts
    .map((alert): AlertSnapshot => ({
      fingerprint: alert.fingerprint,
      status: isResolved(alert, at) && !flapping.has(alert.fingerprint) ? "resolved" : "firing",
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: alert.startsAt,
      endsAt: alert.endsAt,
      generatorURL: alert.generatorURL,
    }))
    .sort(compareAlerts);
}

/** The fingerprints of the alerts that fire. */
export function firingOf(alerts: readonly AlertSnapshot[]): string[] {
  return alerts.flatMap(({ status, fingerprint }) => (status === "firing" ? [fingerprint] : []));
}

/** A group's content as webhooks and incidents get it. */
export function describeGroup(
  groupKey: string,
  groupLabels: Labels,
  alerts: readonly AlertSnapshot[],
): AlertGroup {
  return {
    groupKey,
    status: alerts.some((alert) => alert.status === "firing") ? "firing" : "resolved",
    groupLabels,
    commonLabels: common(alerts.map((alert) => alert.labels)),
    commonAnnotations: common(alerts.map((alert) => alert.annotations)),
    alerts,
  };
}

/** The pairs that all label sets have. */
function common(sets: readonly Labels[]): Labels {
  const [first = {}, ...rest] = sets;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => rest.every((set) => set[name] === value)),
  );
}

/** By job, by instance, then by all labels; those without a job or an instance come last. */
function compareAlerts(a: AlertSnapshot, b: AlertSnapshot): number {
  for (const name of ["job", "instance"]) {
    const [x, y] = [a.labels[name], b.labels[name]];
    if (x === y) continue;
    if (x === undefined) return 1;
    if (y === undefined) return -1;
    return x < y ? -1 : 1;
  }
  return compareLabels(a.labels, b.labels);
}

/** The order of label sets in Prometheus's data model: fewer labels first, then name by name. */
function compareLabels(a: Labels, b: Labels): number {
  const size = Object.keys(a).length - Object.keys(b).length;
  if (size !== 0) return size;
  for (const name of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()) {
    const [x, y] = [a[name], b[name]];
    if (x === y) continue;
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    return x < y ? -1 : 1;
  }
  return 0;
}
