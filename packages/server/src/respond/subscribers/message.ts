import type { SubscriptionRecord, TimelineRecord } from "../../store/index.ts";
import { escapeHtml } from "../paging/message.ts";
import { slackEscaped } from "../slack-text.ts";

/** What a subscriber is told in one message. */
export interface NewsMessage {
  readonly incident: SubscriptionRecord["incident"];
  readonly entries: readonly TimelineRecord[];
  readonly url: string;
  /** Ends it with one click. */
  readonly endUrl: string;
}

/** Entries of one message; a line of each up to so many characters. */
const MOST = { entries: 30, line: 500 } as const;

/** The subject. */
export function subjectOf({ incident }: NewsMessage): string {
  return `[${incident.severity}] #${incident.number} ${incident.title}: ${incident.state}`;
}

function linesOf({ entries }: NewsMessage): readonly string[] {
  const lines = entries.slice(-MOST.entries).map(({ at, text, actor }) => {
    const said = text.length > MOST.line ? `${text.slice(0, MOST.line - 1)}…` : text;
    return `${at.toISOString().slice(11, 16)} UTC  ${said}${actor === "system" ? "" : ` (${actor})`}`;
  });
  const left = entries.length - lines.length;
  return left === 0 ? lines : [`… ${left} earlier changes, on the incident's page`, ...lines];
}

const WHY = "You are told because you took part, were paged or asked to be kept informed.";

/** As plain text. */
export function newsText(message: NewsMessage): string {
  return `${subjectOf(message)}

${linesOf(message).join("\n")}

See it: ${message.url}

${WHY}
Be told no longer: ${message.endUrl}
`;
}

/** As HTML. */
export function newsHtml(message: NewsMessage): string {
  const lines = linesOf(message).map((line) => `<li>${escapeHtml(line)}</li>`);
  return `<!doctype html><html lang="en"><body style="font-family:system-ui,sans-serif;color:#1c1c1e;max-width:560px">
<h1 style="font-size:18px">${escapeHtml(subjectOf(message))}</h1>
<ul>${lines.join("")}</ul>
<p><a href="${escapeHtml(message.url)}">See the incident</a></p>
<p style="color:#555;font-size:13px">${WHY} <a href="${escapeHtml(message.endUrl)}">Be told no longer</a></p>
</body></html>`;
}

/** As Slack's message. */
export function newsSlack(message: NewsMessage): string {
  const lines = linesOf(message).map(slackEscaped);
  return `*<${message.url}|${slackEscaped(subjectOf(message))}>*\n${lines.join("\n")}\n<${message.endUrl}|Be told no longer>`;
}

/** As a webhook's body. */
export function newsWebhook(id: string, message: NewsMessage): Readonly<Record<string, unknown>> {
  const { number, title, severity, state, service } = message.incident;
  return {
    type: "incident_news",
    id,
    incident: { number, title, severity, state, service, url: message.url },
    changes: message.entries
      .slice(-MOST.entries)
      .map(({ at, kind, text, actor }) => ({ at: at.toISOString(), kind, text, actor })),
    unsubscribeUrl: message.endUrl,
  };
}
