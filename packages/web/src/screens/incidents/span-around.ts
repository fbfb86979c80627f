import type { Incident } from "@seaworthy/contract";
import type { ChartMark } from "../../charts/marks.ts";
import type { Span } from "../../time/time-range.ts";

const minute = 60_000;

/** From well before an incident until now, or until a while after it ended. `now` in milliseconds. */
export function spanAround(incident: Pick<Incident, "openedAt" | "resolvedAt">, now: number): Span {
  const opened = Date.parse(incident.openedAt);
  const ended = incident.resolvedAt === null ? now : Date.parse(incident.resolvedAt);
  const lasted = Math.max(0, ended - opened);
  // As much calm before as makes the break visible: a third of the picture, within reason.
  const before = Math.min(120 * minute, Math.max(5 * minute, lasted / 2));
  const after = incident.resolvedAt === null ? 0 : Math.max(5 * minute, lasted / 4);
  return { start: opened - before, end: Math.min(now, ended + after) };
}

/** The turns of an incident, to be drawn into its graphs. */
export function incidentMarks(
  incident: Pick<Incident, "openedAt" | "acknowledgedAt" | "resolvedAt">,
): ChartMark[] {
  const turns: readonly (readonly [string | null, string])[] = [
    [incident.openedAt, "opened"],
    [incident.acknowledgedAt, "acknowledged"],
    [incident.resolvedAt, "resolved"],
  ];
  return turns.flatMap(([at, label]) => (at === null ? [] : [{ at: Date.parse(at), label }]));
}
