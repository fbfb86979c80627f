import { z } from "zod";
import { fingerprint, withoutEmpty } from "../../model/index.ts";
import { read, safeUrl } from "./news.ts";
import type { OutsideNews } from "./news.ts";

const texts = z.record(z.string().max(200), z.string().max(10_000));

/** "Configure the webhook notifier" of Grafana's documentation: Alertmanager's form with a few words more. */
const payload = z.object({
  status: z.enum(["firing", "resolved"]),
  groupKey: z.string().max(10_000).default(""),
  groupLabels: texts.default({}),
  commonLabels: texts.default({}),
  commonAnnotations: texts.default({}),
  alerts: z
    .array(
      z.object({
        status: z.enum(["firing", "resolved"]),
        labels: texts,
        annotations: texts.default({}),
        startsAt: z.iso.datetime({ offset: true }),
        endsAt: z.iso.datetime({ offset: true }),
        generatorURL: z.string().nullish(),
      }),
    )
    .max(10_000),
});

/**
 * What a webhook of Grafana's alerting tells of. Its alerts say how bad they are only if somebody gave them
 * a label `severity`; those without are taken as `severity`. `now`: ms since 1970.
 */
export function grafanaNews(body: unknown, severity: string, now: number): OutsideNews {
  const given = read("Grafana", payload, body);
  return {
    at: now,
    acknowledgedBy: null,
    group: {
      groupKey: `grafana ${given.groupKey}`,
      status: given.status,
      groupLabels: given.groupLabels,
      commonLabels: given.commonLabels,
      commonAnnotations: given.commonAnnotations,
      alerts: given.alerts.map((alert) => {
        const labels = withoutEmpty({ severity, ...alert.labels });
        return {
          labels,
          annotations: alert.annotations,
          startsAt: Date.parse(alert.startsAt),
          endsAt: Date.parse(alert.endsAt),
          generatorURL: safeUrl(alert.generatorURL),
          fingerprint: fingerprint(labels),
          status: alert.status,
        };
      }),
    },
  };
}
