import type { IncidentSummary } from "@seaworthy/contract";

/** Who is on it, or null when nobody is. */
export function ownerOf(incident: Pick<IncidentSummary, "acknowledgedBy">): string | null {
  return incident.acknowledgedBy === null ? null : personName(incident.acknowledgedBy);
}

/** An actor of the timeline for people: a person's address, `token NAME`, or Seaworthy itself. */
export function personName(actor: string): string {
  if (actor === "system") return "Seaworthy";
  return actor.startsWith("token:") ? `token ${actor.slice("token:".length)}` : actor;
}
