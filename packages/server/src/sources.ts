import type { Notification } from "@seaworthy/contract";
import { FLOAT } from "@seaworthy/promql";
import type { Rules } from "./evaluate/index.ts";
import { fingerprint } from "./model/index.ts";
import type { Labels } from "./model/index.ts";
import type { LogsQuery, MetricsQuery, TracesQuery } from "./query/index.ts";
import type { PushReceivers, Scraper } from "./receive/index.ts";
import { WATCHDOG } from "./route/index.ts";
import type { Router } from "./route/index.ts";
import { savedViewsIn } from "./show/index.ts";
import type { ApiSources, RunningAlert, SeriesPoints } from "./show/index.ts";
import type { Records, Telemetry } from "./store/index.ts";

const NS_PER_MS = 1_000_000n;

/** What the own API shows of the rooms: their views, put into its words. */
export function apiSources(rooms: {
  readonly records: Records;
  readonly push: PushReceivers;
  readonly telemetry: Pick<Telemetry, "activeSeries">;
  readonly metrics: MetricsQuery;
  readonly logs: LogsQuery;
  readonly traces: TracesQuery;
  readonly rules: Rules;
  readonly router: Router;
  readonly scraper: Scraper;
  /** The labels that alerts carry once they leave the rules. */
  readonly externalLabels: () => Labels;
}): ApiSources {
  const { push, telemetry, metrics, logs, traces, rules, router, scraper } = rooms;

  async function range(
    expression: string,
    { start, end, step }: { readonly start: number; readonly end: number; readonly step: number },
  ): Promise<SeriesPoints[]> {
    const { value } = await metrics.range(expression, start, end, step);
    if (value.type !== "grid") return [];
    return value.series.map(({ labels, kinds, values }) => ({
      labels: labels.toObject(),
      points: [...kinds].flatMap((kind, i): [number, number][] =>
        kind === FLOAT
          ? [[value.grid.startMs + i * value.grid.stepMs, values[i] ?? Number.NaN]]
          : [],
      ),
    }));
  }

  async function alerts(): Promise<RunningAlert[]> {
    const routed = new Map(router.alerts().map((alert) => [alert.fingerprint, alert]));
    return rules.groups().flatMap((group) =>
      group.rules.flatMap((rule) =>
        rule.type !== "alerting"
          ? []
          : rule.alerts.flatMap(
              ({ state, labels, annotations, activeAt, value }): RunningAlert[] => {
                // What always fires says something only when it does not: see the watchdog's view.
                if (state === "inactive" || rule.name === WATCHDOG) return [];
                const id = fingerprint({ ...rooms.externalLabels(), ...labels });
                return [
                  {
                    fingerprint: id,
                    name: rule.name,
                    state,
                    labels,
                    annotations,
                    activeSince: activeAt,
                    value: Number.isFinite(value) ? value : null,
                    expression: rule.query,
                    language: group.language,
                    group: group.name,
                    silenced: (routed.get(id)?.silencedBy.length ?? 0) > 0,
                    inhibited: (routed.get(id)?.inhibitedBy.length ?? 0) > 0,
                  },
                ];
              },
            ),
      ),
    );
  }

  return {
    range,
    metrics,
    logs,
    traces,
    views: savedViewsIn(rooms.records),
    rules,
    routing: router,
    history: router.history,
    async serviceCalls(since, until) {
      const { nodes, edges } = await traces.map({
        startNs: BigInt(since) * NS_PER_MS,
        endNs: BigInt(until) * NS_PER_MS,
      });
      const services = new Set(
        nodes.flatMap(({ name, kind }) => (kind === "service" ? [name] : [])),
      );
      return edges.filter(({ callee }) => services.has(callee));
    },
    cardinality: (request) => metrics.cardinality(request),
    activeSeries: () => telemetry.activeSeries(),
    senders: () => push.senders(),
    alerts,
    notifications: async (limit) => (await router.notifications(limit)).map(notificationView),
    async lastNotification() {
      const last = await router.lastNotification();
      return last === undefined ? null : notificationView(last);
    },
    receivers: async () =>
      (await router.receivers()).map(({ name, integrations }) => ({
        name,
        integrations: integrations.map((one) => ({
          ...one,
          succeededAt: one.succeededAt?.toISOString() ?? null,
          failedAt: one.failedAt?.toISOString() ?? null,
          testedAt: one.testedAt?.toISOString() ?? null,
        })),
      })),
    testReceiver: (name, by) => router.testReceiver(name, by),
    async watchdog() {
      const { seenAt, configured, heartbeat } = await router.watchdog();
      return {
        seenAt: seenAt === undefined ? null : new Date(seenAt).toISOString(),
        heartbeat: {
          configured,
          sentAt: heartbeat?.sentAt?.toISOString() ?? null,
          failedAt: heartbeat?.failedAt?.toISOString() ?? null,
          error: heartbeat?.error ?? null,
        },
      };
    },
    targets() {
      const { active } = scraper.targets();
      const up = active.filter((target) => target.health === "up").length;
      return { up, down: active.filter((target) => target.health === "down").length };
    },
  };
}

type NotificationRecord = Awaited<ReturnType<Router["notifications"]>>[number];

const notificationView = (record: NotificationRecord): Notification => ({
  id: record.id,
  receiver: record.receiver,
  integration: record.integration,
  status: record.status,
  state: record.state,
  decidedAt: record.decidedAt.toISOString(),
  sentAt: record.sentAt?.toISOString() ?? null,
  attempts: record.attempts,
  error: record.error,
  groupLabels: record.groupLabels,
  alerts: record.alerts,
});
