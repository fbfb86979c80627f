import type { IncidentSummary } from "@seaworthy/contract";
import { formatAge } from "../../values/instant.ts";

/** How long a resolved incident lasted: `lasted 14 min`. */
export function lifespan(incident: Pick<IncidentSummary, "openedAt" | "resolvedAt">): string {
  if (incident.resolvedAt === null) return "";
  return `lasted ${formatAge(Date.parse(incident.resolvedAt) - Date.parse(incident.openedAt))}`;
}
