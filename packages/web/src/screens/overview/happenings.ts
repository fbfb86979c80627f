import type { IncidentSummary, Notification } from "@seaworthy/contract";
import type { State } from "../../elements/StateMark.tsx";

/** One thing that changed. */
export interface Happening {
  readonly key: string;
  readonly at: string;
  readonly state: State;
  readonly text: string;
  /** The incident's number where it is one. */
  readonly incident: number | null;
}

const day = 86_400_000;

/** What began, ended or was told in the last 24 hours, newest first. `now` in milliseconds. */
export function happenings(
  incidents: readonly IncidentSummary[],
  notifications: readonly Notification[],
  now: number,
): Happening[] {
  const found: Happening[] = [];
  for (const { id, number, title, openedAt, resolvedAt } of incidents) {
    found.push({
      key: `${id} opened`,
      at: openedAt,
      state: "triggered",
      text: `#${number} opened: ${title}`,
      incident: number,
    });
    if (resolvedAt !== null)
      found.push({
        key: `${id} resolved`,
        at: resolvedAt,
        state: "resolved",
        text: `#${number} resolved: ${title}`,
        incident: number,
      });
  }
  for (const {
    id,
    receiver,
    integration,
    status,
    state,
    sentAt,
    decidedAt,
    groupLabels,
  } of notifications) {
    const about = groupLabels["alertname"] ?? Object.values(groupLabels).join(", ");
    const word =
      state === "sent" ? "told" : state === "failed" ? "could not be told" : "is being told";
    found.push({
      key: id,
      at: sentAt ?? decidedAt,
      state,
      text: `${receiver} (${integration}) ${word}: ${about === "" ? "alerts" : about} ${status}`,
      incident: null,
    });
  }
  return found
    .filter(({ at }) => now - Date.parse(at) < day)
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
