import type { RouteConfig } from "../config/route-config.ts";
import type { Route } from "../config/route-tree.ts";
import { contains } from "../config/time-interval.ts";

/** The names of the time intervals for whose sake a route says nothing at `at`; empty: it speaks. */
export function mutedBy(
  route: Route,
  timeIntervals: RouteConfig["timeIntervals"],
  at: number,
): readonly string[] {
  const current = (names: readonly string[]) =>
    names.filter((name) =>
      (timeIntervals.get(name) ?? []).some((interval) => contains(interval, at)),
    );
  const { activeTimeIntervals, muteTimeIntervals } = route;
  if (activeTimeIntervals.length > 0 && current(activeTimeIntervals).length === 0)
    return activeTimeIntervals;
  return current(muteTimeIntervals);
}
