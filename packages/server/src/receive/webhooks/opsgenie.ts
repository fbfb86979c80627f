import { z } from "zod";
import { groupOfOne, read, words } from "./news.ts";
import type { OutsideNews } from "./news.ts";

/** "Webhook Integration" of Opsgenie's documentation; times are milliseconds. */
const payload = z.object({
  action: words(50),
  alert: z.object({
    alertId: z.string().min(1).max(200),
    message: words(500).default(""),
    description: words(10_000).nullish(),
    entity: words(200).nullish(),
    priority: words(10).nullish(),
    createdAt: z.number().int().positive().max(8.64e15).nullish(),
    updatedAt: z.number().int().positive().nullish(),
    username: words(200).nullish(),
    details: z.record(z.string(), z.unknown()).nullish(),
  }),
});

const SEVERITIES: Readonly<Record<string, string>> = { P1: "critical", P2: "error" };
const KNOWN = new Set(["Create", "Acknowledge", "UnAcknowledge", "Close", "UpdatePriority"]);

/** What a webhook of Opsgenie tells of; undefined where it changes no incident. `now`: ms since 1970. */
export function opsgenieNews(body: unknown, now: number): OutsideNews | undefined {
  const { action, alert } = read("Opsgenie", payload, body);
  if (!KNOWN.has(action)) return undefined;
  // `updatedAt` is in nanoseconds in some of its versions: the moment of arrival is as good.
  const service = alert.details?.["service"];
  return {
    at: now,
    acknowledgedBy: action === "Acknowledge" ? `opsgenie:${alert.username ?? "somebody"}` : null,
    group: groupOfOne({
      sender: "Opsgenie",
      id: alert.alertId,
      title: alert.message,
      description: alert.description ?? "",
      severity: SEVERITIES[alert.priority ?? ""] ?? "warning",
      service: typeof service === "string" ? service.slice(0, 200) : (alert.entity ?? null),
      url: "",
      startsAt: Math.min(alert.createdAt ?? now, now),
      endsAt: action === "Close" ? now : null,
    }),
  };
}
