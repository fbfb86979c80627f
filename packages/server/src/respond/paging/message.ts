import type { IncidentSeverity } from "../../model/index.ts";

/** What a page says. */
export interface PageMessage {
  readonly incident: {
    readonly number: number;
    readonly title: string;
    readonly severity: IncidentSeverity;
    readonly service: string | null;
    readonly openedAt: Date;
  };
  /** Why this person, e.g. `step 1 of 3`. */
  readonly step: string;
  readonly policy: string;
  readonly incidentUrl: string;
  /** Answers for the person who was paged, without signing in. */
  readonly acknowledgeUrl: string;
  /** Goes on to the next step, likewise; undefined where nobody is to be paged next. */
  readonly escalateUrl?: string;
}

/** One line for small places: an SMS, a subject. */
export function headlineOf({ incident }: PageMessage): string {
  return `[${incident.severity}] #${incident.number} ${incident.title}`;
}

/** The whole page as plain text. */
export function textOf(message: PageMessage): string {
  const { incident } = message;
  const about = incident.service === null ? "" : `Service: ${incident.service}\n`;
  return `${headlineOf(message)}

${about}Since: ${incident.openedAt.toISOString()}

Take it on: ${message.acknowledgeUrl}
See it: ${message.incidentUrl}

You are paged by "${message.policy}", ${message.step}.
`;
}

/** The whole page as HTML, with two large buttons. */
export function htmlOf(message: PageMessage): string {
  const { incident } = message;
  const button = (url: string, text: string, colours: string) =>
    `<a href="${escapeHtml(url)}" style="display:inline-block;padding:12px 20px;margin:0 8px 8px 0;border-radius:6px;text-decoration:none;font-weight:600;${colours}">${text}</a>`;
  const about = incident.service === null ? "" : `Service: ${escapeHtml(incident.service)}<br>`;
  return `<!doctype html><html lang="en"><body style="font-family:system-ui,sans-serif;color:#1c1c1e;max-width:560px">
<h1 style="font-size:20px">${escapeHtml(headlineOf(message))}</h1>
<p>${about}Since: ${incident.openedAt.toISOString()}</p>
<p>${button(message.acknowledgeUrl, "Take it on", "background:#1d4ed8;color:#fff")}${button(message.incidentUrl, "See the incident", "background:#e5e7eb;color:#111")}</p>
<p style="color:#555;font-size:13px">You are paged by &ldquo;${escapeHtml(message.policy)}&rdquo;, ${escapeHtml(message.step)}.</p>
</body></html>`;
}

/** Text as it may stand in HTML and XML, in attributes too. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
