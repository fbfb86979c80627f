import { getOverview, linksOfLabels, listAlerts, listNotifications } from "@seaworthy/contract";
import type { ActiveAlert } from "@seaworthy/contract";
import type { Clock, Labels } from "../../model/index.ts";
import type { Incidents } from "../../respond/index.ts";
import type { HttpLimits } from "../limits.ts";
import { incidentSummaryView } from "./incidents.ts";
import type { Serve } from "./serve.ts";
import { readServices } from "./services.ts";
import type { ServiceFigures } from "./services.ts";
import type { ApiSources, RunningAlert } from "./sources.ts";

/** As many open incidents as one screen can take. */
const OPEN_INCIDENTS = 50;

export interface OverviewDeps {
  readonly incidents: Incidents;
  readonly sources: ApiSources;
  readonly clock: Clock;
  readonly limits: HttpLimits;
  /** The service that labels name, or null. */
  readonly serviceOf: (labels: Labels) => string | null;
  /** Told when figures about services cannot be read; the rest of the overview is shown still. */
  readonly onServicesFailed: (error: unknown) => void;
}

/** The state of everything: overview, alerts, notifications. */
export function serveOverview(serve: Serve, deps: OverviewDeps): void {
  const { incidents, sources, clock, limits } = deps;
  let services:
    | { readonly at: number; readonly figures: Promise<readonly ServiceFigures[]> }
    | undefined;

  /** All who ask within a moment share one set of queries. */
  function figures(): Promise<readonly ServiceFigures[]> {
    const now = clock.now();
    if (services === undefined || now - services.at >= limits.overviewFresh) {
      const read = readServices(sources, now).catch((error: unknown) => {
        deps.onServicesFailed(error);
        return [];
      });
      services = { at: now, figures: read };
    }
    return services.figures;
  }

  serve(getOverview, async () => {
    const [known, running, open, clearSince, lastNotification] = await Promise.all([
      figures(),
      sources.alerts(),
      incidents.list({ state: "open", limit: OPEN_INCIDENTS }),
      incidents.clearSince(),
      sources.lastNotification(),
    ]);
    const firing = running.filter((alert) => alert.state === "firing");
    const firingOf = new Map<string, number>();
    for (const { labels } of firing) {
      const service = deps.serviceOf(labels);
      if (service !== null) firingOf.set(service, (firingOf.get(service) ?? 0) + 1);
    }
    const summaries = known.map((one) => ({
      ...one,
      firingAlerts: firingOf.get(one.service) ?? 0,
    }));
    return {
      firing: firing.length,
      pending: running.length - firing.length,
      openIncidents: open.incidents.map(incidentSummaryView),
      clearSince: clearSince?.toISOString() ?? null,
      services: summaries.sort(
        (a, b) =>
          b.firingAlerts - a.firingAlerts ||
          (b.errorShare ?? 0) - (a.errorShare ?? 0) ||
          a.service.localeCompare(b.service),
      ),
      targets: sources.targets(),
      lastNotification,
    };
  });

  serve(listAlerts, async () => {
    const [running, byFingerprint] = await Promise.all([
      sources.alerts(),
      incidents.openByFingerprint(),
    ]);
    const alerts = running.map((alert: RunningAlert): ActiveAlert => ({
      ...alert,
      activeSince: new Date(alert.activeSince).toISOString(),
      incident: byFingerprint.get(alert.fingerprint) ?? null,
      links: linksOfLabels(alert.labels, alert.activeSince, null),
    }));
    return {
      alerts: alerts.sort(
        (a, b) => a.state.localeCompare(b.state) || a.activeSince.localeCompare(b.activeSince),
      ),
    };
  });

  serve(listNotifications, async ({ query }) => ({
    notifications: [...(await sources.notifications(query.limit))],
  }));
}
