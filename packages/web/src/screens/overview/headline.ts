import type { AnswerOf, getOverview } from "@seaworthy/contract";
import { count } from "../../values/quantity.ts";
import { formatAge } from "../../values/instant.ts";

export type OverviewAnswer = AnswerOf<typeof getOverview>;

export interface Headline {
  readonly tone: "firing" | "pending" | "clear" | "empty";
  readonly text: string;
}

/** The services that need somebody, at most three by name. */
function where(overview: OverviewAnswer): string {
  const named = new Set<string>();
  for (const incident of overview.openIncidents)
    if (incident.service !== null) named.add(incident.service);
  for (const service of overview.services) if (service.firingAlerts > 0) named.add(service.service);
  const names = [...named];
  if (names.length === 0) return "";
  const more = names.length - 3;
  return `: ${names.slice(0, 3).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** The state of everything in one sentence. `now` in milliseconds. */
export function headline(overview: OverviewAnswer, now: number): Headline {
  const { firing, pending, openIncidents, clearSince, targets } = overview;
  if (openIncidents.length > 0 || firing > 0) {
    const parts: string[] = [];
    if (openIncidents.length > 0) parts.push(count(openIncidents.length, "incident"));
    if (firing > 0) parts.push(`${count(firing, "alert")} firing`);
    else parts.push("nothing firing any more");
    return { tone: "firing", text: parts.join(", ") + where(overview) };
  }
  if (targets.up + targets.down === 0 && overview.services.length === 0)
    return { tone: "empty", text: "Nothing is watched yet" };
  if (pending > 0)
    return { tone: "pending", text: `${count(pending, "alert")} pending${where(overview)}` };
  if (clearSince === null) return { tone: "clear", text: "All clear" };
  return { tone: "clear", text: `All clear for ${formatAge(now - Date.parse(clearSince))}` };
}
