import { z } from "zod";
import { groupOfOne, read, safeUrl, words } from "./news.ts";
import type { OutsideNews } from "./news.ts";

/** Webhook version 3, "Webhook payload" and "Event types" of PagerDuty's documentation. */
const payload = z.object({
  event: z.object({
    event_type: words(100),
    occurred_at: z.iso.datetime({ offset: true }),
    agent: z.object({ summary: words(200).nullish() }).nullish(),
    data: z.unknown(),
  }),
});

const incident = z.object({
  id: z.string().min(1).max(100),
  title: words(500).default(""),
  html_url: z.string().nullish(),
  created_at: z.iso.datetime({ offset: true }),
  urgency: z.string().nullish(),
  service: z.object({ summary: words(200).nullish() }).nullish(),
  priority: z.object({ summary: words(50).nullish() }).nullish(),
});

const ACKNOWLEDGED = "incident.acknowledged";
const RESOLVED = "incident.resolved";
const KNOWN = new Set([
  "incident.triggered",
  ACKNOWLEDGED,
  "incident.unacknowledged",
  "incident.escalated",
  "incident.delegated",
  "incident.reassigned",
  "incident.priority_updated",
  "incident.reopened",
  RESOLVED,
]);

/** What a webhook of PagerDuty tells of; undefined where it changes no incident. */
export function pagerDutyNews(body: unknown): OutsideNews | undefined {
  const { event } = read("PagerDuty", payload, body);
  if (!KNOWN.has(event.event_type)) return undefined;
  const data = read("PagerDuty", incident, event.data);
  const at = Date.parse(event.occurred_at);
  return {
    at,
    acknowledgedBy:
      event.event_type === ACKNOWLEDGED ? `pagerduty:${event.agent?.summary ?? "somebody"}` : null,
    group: groupOfOne({
      sender: "PagerDuty",
      id: data.id,
      title: data.title,
      description: "",
      severity: severityOf(data.priority?.summary ?? null, data.urgency ?? null),
      service: data.service?.summary ?? null,
      url: safeUrl(data.html_url),
      startsAt: Date.parse(data.created_at),
      endsAt: event.event_type === RESOLVED ? at : null,
    }),
  };
}

/** Priorities are named by the account; without one, urgency says as much as there is. */
function severityOf(priority: string | null, urgency: string | null): string {
  const number = /^\s*(?:P|SEV[-\s]?)(\d)/i.exec(priority ?? "")?.[1];
  if (number !== undefined)
    return number <= "1" ? "critical" : number === "2" ? "error" : "warning";
  return urgency === "low" ? "warning" : "critical";
}
