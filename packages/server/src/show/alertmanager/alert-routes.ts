import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Clock, Labels } from "../../model/index.ts";
import { alertFault } from "../../route/index.ts";
import type { AlertView, IncomingAlert, Router } from "../../route/index.ts";
import { HTTP_LIMITS } from "../limits.ts";
import { readBody, time } from "./body.ts";
import { BadRequest, flag, labelTest, receiverTest } from "./parameters.ts";
import type { Query } from "./parameters.ts";

/** Alerts in one request: Prometheus sends 256 at a time. */
const MAX_ALERTS = 20_000;

/** Checked by hand: a schema of records takes longer than all else that is done with an alert. */
const labelSet = z.custom<Labels>().superRefine((given: unknown, context) => {
  const fault = (message: string, path: string[] = []) =>
    context.addIssue({ code: "custom", message, path });
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return fault("labels and annotations are an object of texts");
  for (const [name, value] of Object.entries(given))
    if (typeof value !== "string") fault(`a text is needed, not ${typeof value}`, [name]);
});

const postableAlerts = z
  .array(
    z.object({
      labels: labelSet,
      annotations: labelSet.nullish(),
      startsAt: time.nullish(),
      endsAt: time.nullish(),
      generatorURL: z.string().nullish(),
    }),
  )
  .max(MAX_ALERTS);

/** `/alerts` and `/alerts/groups`. */
export function alertRoutes(
  app: FastifyInstance,
  { router, clock }: { readonly router: Router; readonly clock: Clock },
): void {
  app.get("/alerts", { config: { access: "read" } }, async (request) => {
    const query = request.query as Query;
    await router.silences.refresh();
    const shown = alertTest(query);
    const byReceiver = receiverFilter(query, router);
    return router
      .alerts()
      .filter((alert) => shown(alert) && alert.receivers.some(byReceiver))
      .map((alert) => alertJson(alert, alert.receivers, []));
  });

  app.get("/alerts/groups", { config: { access: "read" } }, async (request) => {
    const query = request.query as Query;
    await router.silences.refresh();
    const shown = alertTest(query);
    const byReceiver = receiverFilter(query, router);
    const withMuted = flag(query, "muted");
    return router
      .groups()
      .filter((group) => byReceiver(group.receiver) && (withMuted || group.mutedBy.length === 0))
      .map((group) => ({
        labels: group.labels,
        routeLabels: group.routeLabels,
        receiver: { name: group.receiver },
        alerts: group.alerts
          .filter(shown)
          .map((alert) => alertJson(alert, alert.receivers, group.mutedBy)),
      }))
      .filter((group) => group.alerts.length > 0);
  });

  app.post(
    "/alerts",
    { config: { access: "ingest" }, bodyLimit: HTTP_LIMITS.webhookBody },
    async (request, reply) => {
      const now = clock.now();
      const given = readBody(postableAlerts, request.body, "alerts");
      const alerts = given.map((alert): IncomingAlert => {
        const { startsAt, endsAt } = alert;
        return {
          labels: alert.labels,
          annotations: alert.annotations ?? {},
          generatorURL: alert.generatorURL ?? "",
          startsAt: startsAt ?? endsAt ?? now,
          ...(endsAt === null || endsAt === undefined ? {} : { endsAt }),
        };
      });
      // One bad alert does not keep the others from being taken, but the sender hears of it.
      const faults = alerts.map(alertFault);
      await router.accept(alerts.filter((_, index) => faults[index] === undefined));
      const told = faults.filter((fault) => fault !== undefined);
      if (told.length > 0) throw new BadRequest(told.slice(0, 10).join("\n"));
      return reply.code(200).send();
    },
  );
}

/** The filters that both lists have. */
function alertTest(query: Query): (alert: AlertView) => boolean {
  const byLabels = labelTest(query, "filter");
  const [active, silenced, inhibited] = [
    flag(query, "active"),
    flag(query, "silenced"),
    flag(query, "inhibited"),
  ];
  flag(query, "unprocessed");
  return (alert) => {
    if (!byLabels(alert.labels)) return false;
    if (!silenced && alert.silencedBy.length > 0) return false;
    if (!inhibited && alert.inhibitedBy.length > 0) return false;
    return active || isSuppressed(alert);
  };
}

function receiverFilter(query: Query, router: Router): (name: string) => boolean {
  const byName = receiverTest(query);
  const byLabels = labelTest(query, "receiver_matchers");
  const { receivers } = router.config();
  return (name) => byName(name) && byLabels(receivers.get(name)?.labels ?? {});
}

function isSuppressed(alert: AlertView): boolean {
  return alert.silencedBy.length > 0 || alert.inhibitedBy.length > 0;
}

function alertJson(alert: AlertView, receivers: readonly string[], mutedBy: readonly string[]) {
  return {
    annotations: alert.annotations,
    endsAt: new Date(alert.endsAt).toISOString(),
    fingerprint: alert.fingerprint,
    receivers: receivers.map((name) => ({ name })),
    startsAt: new Date(alert.startsAt).toISOString(),
    status: {
      inhibitedBy: alert.inhibitedBy,
      mutedBy,
      silencedBy: alert.silencedBy,
      state: isSuppressed(alert) || mutedBy.length > 0 ? "suppressed" : "active",
    },
    updatedAt: new Date(alert.updatedAt).toISOString(),
    generatorURL: alert.generatorURL,
    labels: alert.labels,
  };
}
