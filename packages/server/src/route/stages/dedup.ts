import type { LogEntry } from "../../store/index.ts";

/** Why a notification is made; the texts are Alertmanager's. */
export type Reason =
  | "first notification"
  | "new alerts added"
  | "some alerts resolved"
  | "all alerts resolved"
  | "repeat interval elapsed";

/**
 * Whether an integration has to be told about a group again, and why, given what the notification
 * log says that it was told last. `firing` and `resolved` are the fingerprints of the group's alerts.
 */
export function reasonToNotify(
  entry: LogEntry | undefined,
  firing: readonly string[],
  resolved: readonly string[],
  options: {
    readonly sendResolved: boolean;
    readonly repeatInterval: number;
    readonly now: number;
  },
): Reason | undefined {
  // Alerts that have come and gone unnoticed are nobody's business.
  if (entry === undefined) return firing.length > 0 ? "first notification" : undefined;
  if (!isSubset(firing, entry.firing))
    return entry.firing.length === 0 ? "first notification" : "new alerts added";
  if (firing.length === 0) return entry.firing.length > 0 ? "all alerts resolved" : undefined;
  if (options.sendResolved && !isSubset(resolved, entry.resolved)) return "some alerts resolved";
  return entry.notifiedAt < options.now - options.repeatInterval
    ? "repeat interval elapsed"
    : undefined;
}

function isSubset(part: readonly string[], whole: readonly string[]): boolean {
  const known = new Set(whole);
  return part.every((id) => known.has(id));
}
